from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.measure import BenchmarkError, Report, command, environment, in_turn
from benchmarks.replace import Load, read

if TYPE_CHECKING:
    from pathlib import Path

BURN = "sum(range(3_000_000))"


def report(ours: float, peer: float, goal: float | None = 1.15) -> Report:
    return Report(
        name="list", unit="seconds", ours=ours, peers={"bare": peer}, against="bare", goal=goal
    )


def test_every_side_gets_one_sample_a_round_and_one_to_warm_up() -> None:
    calls: list[str] = []

    def sample(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    in_turn({"ours": lambda: sample("ours"), "peer": lambda: sample("peer")}, 3)
    assert calls == ["ours", "peer", "ours", "peer", "peer", "ours", "ours", "peer"]


def test_the_first_round_does_not_count_and_the_median_is_taken() -> None:
    costs = iter([100.0, 3.0, 1.0, 2.0])
    assert in_turn({"ours": lambda: next(costs)}, 3) == {"ours": 2.0}


def test_processor_time_of_children_counts(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{BURN}'], check=True)"
    alone = command([sys.executable, "-c", "pass"], cwd=tmp_path)
    assert command([sys.executable, "-c", child], cwd=tmp_path).cpu > 2 * alone.cpu


def test_a_command_that_fails_says_how(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"ended with 3:\nno such thing"):
        command([sys.executable, "-c", "print('no such thing'); exit(3)"], cwd=tmp_path)


def test_measured_commands_write_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment()


def test_a_goal_holds_up_to_its_ratio() -> None:
    assert report(1.15, 1.0).holds
    assert not report(1.16, 1.0).holds
    assert report(9.0, 1.0, goal=None).holds


def test_nothing_lost_on_both_sides_is_a_tie_and_otherwise_a_defeat() -> None:
    assert report(0, 0).ratio == 1.0
    assert not report(1, 0).holds


def test_the_file_has_the_documented_keys() -> None:
    written = json.loads(json.dumps(report(1.0, 2.0).as_json()))
    assert list(written) == ["name", "unit", "ours", "peers", "ratio", "goal", "holds"]
    assert written["ratio"] == 0.5


def test_without_a_name_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BENCHMARKS)


@pytest.mark.parametrize("words", [["nonsense"], ["list", "--rounds", "0"], ["list", "--rounds=x"]])
def test_bad_words_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("end", "failed"),
    [
        ("", 0),
        ("  Non-2xx or 3xx responses: 5\n", 5),
        ("  Socket errors: connect 1, read 2, write 0, timeout 3\n", 6),
    ],
)
def test_broken_connections_and_bad_answers_are_failed_requests(end: str, failed: int) -> None:
    assert read(f"  120 requests in 1.00s, 2.00MB read\n{end}") == Load(120, failed)


def test_a_load_without_requests_is_no_measurement() -> None:
    with pytest.raises(BenchmarkError, match="unable to connect"):
        read("unable to connect to 127.0.0.1:1 Connection refused")
