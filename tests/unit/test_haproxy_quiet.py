"""Waiting until a replica has answered what it was asked."""

from __future__ import annotations

from fullcycle.haproxy.quiet import Quiet


def test_a_replica_is_not_quiet_at_the_first_look() -> None:
    assert not Quiet().wait("a", lambda: 0, 0)


def test_it_is_quiet_when_it_stays_without_a_session() -> None:
    left = iter([2, 1, 0, 0, 0, 0, 0, 0])
    assert Quiet().wait("a", lambda: next(left), 5)


def test_one_session_begins_it_anew() -> None:
    quiet, seen = Quiet(), [0, 1, 0, 0, 0, 0]
    quiet.wait("a", lambda: 0, 0)
    assert quiet.wait("a", lambda: seen.pop(0), 5)
    assert len(seen) < 4


def test_who_was_seen_before_need_not_be_waited_for_again() -> None:
    quiet = Quiet()
    assert not quiet.wait("a", lambda: 0, 0)
    assert quiet.wait("b", lambda: 0, 5)
    assert quiet.wait("a", lambda: 0, 0)
    quiet.forget("a")
    assert not quiet.wait("a", lambda: 0, 0)


def test_what_is_never_done_is_given_up() -> None:
    assert not Quiet().wait("a", lambda: 1, 0.05)
