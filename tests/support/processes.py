"""Which tests of a run share a process, when it has several (pytest-xdist), and which begin."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

PLACES = (
    ("tests/integration/test_demo",),
    ("tests/integration/",),
    (
        *("tests/sinks/", "tests/console/test_questions", "tests/contracts/test_store"),
        *("tests/footprint/backup/", "tests/footprint/test_re", "tests/footprint/test_dry_run"),
    ),
    ("tests/security/",),
    ("tests/streams/faust_exact/", "tests/footprint/test_fixtures", "tests/footprint/test_sources", "tests/footprint/test_topics"),
    ("tests/js_snippet/",),
    ("tests/streams/test_agents",),
    ("tests/footprint/cli/test_questions",),
    ("tests/collector/test_spooling", "tests/collector/test_with_kafka", "tests/collector/test_workers", "tests/contracts/test_publisher"),
    ("tests/e2e/",),
    ("tests/streams/core/test_any_order",),
    ("tests/streams/core/test_mail",),
)
"""How the paths of tests begin that share a process, because they share servers that take seconds to start or take that long
themselves; what takes longest begins. Elsewhere the tests of one file stay together."""


def place_of(nodeid: str) -> str:
    """Return the name of the place: tests of one place run in one process, one after the other."""
    path = nodeid.partition("::")[0]
    return next((place[0] for place in PLACES if path.startswith(place)), path)


def rank_of(nodeid: str) -> int:
    """Return where a test stands in the run: the places that take longest begin."""
    path = nodeid.partition("::")[0]
    return next((rank for rank, place in enumerate(PLACES) if path.startswith(place)), len(PLACES))


class ByPlace(LoadScopeScheduling):  # type: ignore[misc] # xdist's schedulers have no types
    """Gives each process the next place that nobody works on."""

    def _split_scope(self, nodeid: str) -> str:
        return place_of(nodeid)


def scheduler(config: Any, log: Any) -> ByPlace:
    """Make the scheduler of a run. It keeps the order of `rank_of`: xdist would begin with the place that has most tests."""
    config.option.loadscopereorder = False
    return ByPlace(config, log)
