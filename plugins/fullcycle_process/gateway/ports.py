"""Who listens on a port of this machine."""

from __future__ import annotations

import errno
import socket

from fullcycle.errors import UsageError


def require_free(port: int) -> None:
    """Make sure that a server can listen on 127.0.0.1:`port`.

    Raises:
        UsageError: somebody else listens there, or only root may.
    """
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except PermissionError:
        raise UsageError(
            f"port {port} is for root only", hint="set `port` to 1024 or more"
        ) from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise UsageError(
            f"port {port} is taken by {holder(port)}",
            hint="stop it, or set another `port` in the settings",
        ) from None


def holder(port: int) -> str:
    """The process that listens on a port, as far as this user may know: `nginx (pid 123)`."""
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.pid and connection.laddr[1:] == (port,):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another process"
