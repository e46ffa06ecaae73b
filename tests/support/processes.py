"""Which tests of a run share a process, when it has several (pytest-xdist)."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/integration/", "tests/sinks/", "tests/streams/faust_exact/", "tests/e2e/")
"""Folders whose tests share servers that take seconds to start; elsewhere the tests of one file stay together."""


def place_of(nodeid: str) -> str:
    """Return the name of the place: tests of one place run in one process, one after the other."""
    path = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if path.startswith(folder)), path)


def rank_of(nodeid: str) -> int:
    """Return where a test stands in the run: the places that take longest begin."""
    place = place_of(nodeid)
    return TOGETHER.index(place) if place in TOGETHER else len(TOGETHER)


class ByPlace(LoadScopeScheduling):  # type: ignore[misc] # xdist's schedulers have no types
    """Gives each process the next place that nobody works on."""

    def _split_scope(self, nodeid: str) -> str:
        return place_of(nodeid)


def scheduler(config: Any, log: Any) -> ByPlace:
    """Make the scheduler of a run."""
    return ByPlace(config, log)
