"""Victim: a process that deploys, to be killed in the middle of it.

`python -m fullcycle.testing.victim` reads what to deploy from its input, writes a line per
event, and waits for a line after each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.environment import Platform
from fullcycle.model import Deployment
from fullcycle.pipeline.codec import dump, parse
from fullcycle.providers import Analysis, Strategy, Target, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contract import Kit


def kill_after(
    kit: Kit, deployment: Deployment, events: int, strategy: Strategy | None = None
) -> bool:
    """Deploy in another process and kill it (-9) when it has come so far.

    Args:
        kit: the environment.
        deployment: what to deploy.
        events: after how many events; questions among them are answered with yes.
        strategy: how it is deployed.

    Returns:
        whether it was killed before it had ended.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "fullcycle.testing.victim"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as victim:
        assert victim.stdin
        assert victim.stdout
        victim.stdin.write(_task(kit, deployment, strategy or Strategy()) + "\n")
        for _ in range(events):
            if not victim.stdout.readline():
                victim.communicate()
                return False
            victim.stdin.write("on\n")
        victim.kill()
    return True


def _task(kit: Kit, deployment: Deployment, strategy: Strategy) -> str:
    options = kit.target.options
    return json.dumps(
        {
            "provider": kit.contract.provider_name,
            "app": kit.target.app,
            "environment": kit.target.environment,
            "root": str(kit.target.root),
            "options": options.model_dump(mode="json"),
            "deployment": dump(deployment),
            "strategy": asdict(strategy),
        }
    )


def _deploy(task: dict[str, Any]) -> Iterator[str]:
    provider = load(task["provider"])
    target = Target(
        app=task["app"],
        environment=task["environment"],
        root=Path(task["root"]),
        options=provider.Options.model_validate(task["options"]),
    )
    deployment = parse(Deployment, task["deployment"], "the task")
    runtime = Platform(provider(target), target).runtime
    for event in runtime.deploy(deployment, _strategy(task["strategy"])):
        yield event.message


def _strategy(facts: dict[str, Any]) -> Strategy:
    limits = facts["analysis"]
    percentiles = {float(percent): limit for percent, limit in limits["percentiles"].items()}
    analysis = Analysis(**limits | {"percentiles": percentiles})
    return Strategy(**facts | {"steps": tuple(facts["steps"]), "analysis": analysis})


if __name__ == "__main__":
    for message in _deploy(json.loads(sys.stdin.readline())):
        sys.stdout.write(f"{message}\n")
        sys.stdout.flush()
        sys.stdin.readline()
