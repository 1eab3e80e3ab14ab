"""HAProxy for any provider: a configuration to start it with, its runtime API to change it.

A reload loses requests; the runtime API doesn't. What it changed is lost when the process dies,
so the same routes belong into the configuration that the next process starts with.

    Configuration(bind=…, stats=…, health=…, routes=…).files()   what `haproxy` is started with
    Runtime(Channel(("127.0.0.1", 9999)))                         changes what runs

HAProxy 2.6 or newer is needed.
"""

from __future__ import annotations

from .channel import Channel
from .configuration import COMMAND, Configuration
from .route import Route, Server, down
from .runtime import Runtime

__all__ = ["COMMAND", "Channel", "Configuration", "Route", "Runtime", "Server", "down"]
