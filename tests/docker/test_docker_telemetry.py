"""What containers consume: read from the kernel and from the Engine, and the same either way."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.model import Resources
from fullcycle.testing.client import eventually
from fullcycle_docker.cgroups import Cgroups
from fullcycle_docker.engine import Engine
from fullcycle_docker.streams import Streams

if TYPE_CHECKING:
    from fullcycle.testing.contract import Kit
    from fullcycle_docker.usage import Usage

LIMIT = 32_000_000
EATER = "python -c \"import time; x = bytearray(b'x') * 200_000_000; time.sleep(60)\""
BUSY = 'python -c "while True: pass"'


def near(one: Usage, other: Usage) -> bool:
    """Whether two looks at a busy container may be of the same one."""
    return (
        abs(one.cpu_seconds - other.cpu_seconds) < 30
        and abs(one.memory_bytes - other.memory_bytes) < 4_000_000
        and one.memory_limit_bytes == other.memory_limit_bytes
        and one.processes == other.processes
        and one.received is not None
    )


class TestTelemetry(DockerKit):
    def test_the_kernel_and_the_engine_say_the_same(self, kit: Kit) -> None:
        offered = kit.platform.capabilities.replicas
        assert offered
        workload = kit.workload(resources=Resources(memory=LIMIT), command=BUSY)
        offered.prepare(workload)
        ident = offered.start(workload, "d1").native_id
        engine = Engine()
        cgroups, streams = Cgroups(engine), Streams(engine)

        def same() -> bool:
            asked, read = streams.usage([ident])[ident], cgroups.usage([ident])[ident]
            return bool(asked.cpu_ratio) and near(asked, read)

        eventually(same, "both sources say the same")
        assert streams.usage(["0" * 64]) == {} == cgroups.usage(["0" * 64])

    def test_what_was_killed_for_want_of_memory_is_counted(self, kit: Kit) -> None:
        offered = kit.platform.capabilities.replicas
        assert offered
        workload = kit.workload(resources=Resources(memory=LIMIT), command=EATER)
        offered.prepare(workload)
        replica = offered.start(workload, "d1").id
        telemetry = kit.connect().require("telemetry")
        found: dict[str, float] = defaultdict(float)

        def killed() -> bool:
            found.update({r.metric: r.value for r in telemetry.readings() if r.subject == replica})
            return found["out_of_memory_total"] >= 1 and found["restarts_total"] >= 1

        eventually(killed, "the replica was killed and started again")
