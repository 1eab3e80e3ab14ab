"""Following what containers write."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)

if TYPE_CHECKING:
    from docker import DockerClient

    from fullcycle.testing.contract import Kit

COUNTER = """\
python -u -c "import itertools, time
for number in itertools.count(): print('line', number); time.sleep(0.05)"
"""


class TestFollowing(DockerKit):
    def test_lines_come_as_they_are_written_also_of_what_starts_later(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        offered = kit.platform.capabilities.replicas
        assert offered
        workload = kit.workload(command=COUNTER)
        offered.prepare(workload)
        first = offered.start(workload, "d1")
        follow = getattr(kit.platform.runtime, "follow")()  # noqa: B009 (it may be missing)
        seen = [each.text for each in islice(follow, 20)]
        assert seen == [f"line {number}" for number in range(20)]
        second = offered.start(workload, "d2")
        assert next(each for each in follow if each.replica == second.id).text == "line 0"
        engine.api.kill(first.native_id)
        engine.api.start(first.native_id)
        again = (each.text for each in follow if each.replica == first.id)
        assert "line 0" in again, "it was started again, and is read on"
        assert [next(again) for _ in range(3)] == ["line 1", "line 2", "line 3"]
