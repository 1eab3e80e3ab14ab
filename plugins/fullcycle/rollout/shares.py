"""Shares: how heavy replicas have to be, so that a version gets its percentage of the requests."""

from __future__ import annotations

from math import ceil

FULL = 100
"""The weight of a replica that takes its equal part, and the highest there is."""


def replicas_for(percent: int, replicas: int) -> int:
    """How many replicas a percentage of the requests needs, at the load that all have; 1 or more.

    Args:
        percent: of the requests.
        replicas: how many serve all requests.
    """
    return max(1, ceil(replicas * percent / 100))


def weights(percent: int, new: int, old: int) -> tuple[int, int]:
    """The weights of one new and of one old replica that come nearest to the percentage.

    The new version's share is new * a / (new * a + old * b). Of equally near pairs it is the
    heaviest, which is the finest for what else is routed.

    Args:
        percent: of the requests that the new version shall get, 1 to 99.
        new: replicas of the new version, at least one.
        old: replicas of the old version; without any the weights don't matter.
    """
    if not old:
        return FULL, FULL

    def distance(pair: tuple[int, int]) -> tuple[float, int]:
        gets, leaves = new * pair[0], old * pair[1]
        return round(abs(gets / (gets + leaves) - percent / 100), 9), -sum(pair)

    wanted = percent * old / ((100 - percent) * new)
    span = range(1, FULL + 1)
    pairs = [(_valid(b * wanted), b) for b in span] + [(a, _valid(a / wanted)) for a in span]
    return min(pairs, key=distance)


def _valid(weight: float) -> int:
    return min(max(round(weight), 1), FULL)
