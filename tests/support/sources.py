"""Where the tests get their broker and their store from: settings, containers, or the local servers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

TRUE = ("1", "true", "yes")


class Source(Enum):
    """The three places."""

    NAMED = "named by settings"
    CONTAINER = "container"
    LOCAL = "local server"


@dataclass(frozen=True, slots=True)
class Sources:
    """What was chosen, and the sentence about containers."""

    broker: Source
    store: Source
    containers: str


def choose(environ: Mapping[str, str], engine_answers: Callable[[], bool]) -> Sources:
    """Choose: what a setting names, else a container where they are wanted and a Docker engine answers, else the local server."""
    named = {variable: bool(environ.get(variable)) for variable in ("FOOTPRINT_KAFKA_BOOTSTRAP", "FOOTPRINT_CLICKHOUSE_URL")}
    broker_named, store_named = named.values()
    if broker_named and store_named:
        return Sources(Source.NAMED, Source.NAMED, "not run: settings name broker and store")
    wanted = environ.get("FOOTPRINT_TEST_CONTAINERS", "").lower() in TRUE
    answers = engine_answers()
    rest = Source.CONTAINER if wanted and answers else Source.LOCAL
    return Sources(Source.NAMED if broker_named else rest, Source.NAMED if store_named else rest, _sentence(wanted=wanted, answers=answers))


def _sentence(*, wanted: bool, answers: bool) -> str:
    if not answers:
        return "not run: no Docker engine answers"
    return "used" if wanted else "not run: FOOTPRINT_TEST_CONTAINERS is not 1"
