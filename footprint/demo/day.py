"""The demo day: from a seed and the moment it ends to everything that was sent, in the order it arrived. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Any

from footprint.demo import people
from footprint.demo.cast import BROWSERS, CRAWLER, HEADLESS, PLACES
from footprint.demo.visitor import ANALYTICS_JS, MINUTE, SNIPPET, Sent, Visitor

SEED = 20_251_122
DAY_MS = 24 * 60 * MINUTE
WINDOW_MS = 10 * MINUTE
"""What arrives in the same ten minutes is sent together, one request per library: so nothing comes too late for its session."""

CROWD = (
    (people.passer_by, 170),
    (people.returning, 34),
    (people.comparer, 26),
    (people.asker, 22),
    (people.buyer, 24),
    (people.mailed, 18),
)
"""Who comes during the day, and how many of each."""

LAST_HOUR = ((people.deciding, 3), (people.comparer, 5), (people.passer_by, 12))
HOURS = (1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 8, 9, 8, 8, 8, 8, 7, 8, 9, 9, 7, 4, 2)
"""How busy each hour (UTC) is."""


@dataclass(frozen=True, slots=True)
class Post:
    """One request to the collector: messages of one library. `again`: the answer was lost, so the same bytes come twice."""

    library: str
    messages: list[dict[str, Any]]
    again: bool = False


def day_of(seed: int, end_ms: int) -> list[Post]:
    """Return the requests of the day that ends at `end_ms`, Unix milliseconds. Nothing happens after that."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    visitors = [*_crowd(random, end_ms), *_last_hour(random, end_ms), *_machines(random, end_ms)]
    start = end_ms - DAY_MS
    sent = [one for visitor in visitors for one in visitor.sent if start <= one.at and one.arrives <= end_ms]
    sent.sort(key=lambda one: (one.arrives, one.message["messageId"]))
    return list(_posts(sent))


def _crowd(random: Random, end_ms: int) -> Iterator[Visitor]:
    for life, count in CROWD:
        for _ in range(count):
            visitor = _visitor(random, _moment(random, end_ms))
            visitor.delay = random.choice((12, 18, 25)) * MINUTE if random.random() < 0.06 else 0
            life(visitor)
            yield visitor


def _last_hour(random: Random, end_ms: int) -> Iterator[Visitor]:
    for life, count in LAST_HOUR:
        for _ in range(count):
            visitor = _visitor(random, 0)
            life(visitor)
            shift = end_ms - random.randint(1, 12) * MINUTE - visitor.now
            visitor.sent = [one.later(shift) for one in visitor.sent]
            yield visitor


def _machines(random: Random, end_ms: int) -> Iterator[Visitor]:
    for browser, library, webdriver in ((CRAWLER, ANALYTICS_JS, False), (HEADLESS, SNIPPET, True)):
        visitor = _visitor(random, end_ms - random.randint(3, 9) * 60 * MINUTE)
        visitor.browser, visitor.library, visitor.webdriver = browser, library, webdriver
        people.machine(visitor)
        yield visitor


def _visitor(random: Random, now: int) -> Visitor:
    language, network = random.choice(PLACES)
    address = f"{network}.{random.randrange(256)}.{random.randrange(1, 255)}"
    library = ANALYTICS_JS if random.random() < 0.15 else SNIPPET
    return Visitor(random, random.choice(BROWSERS), language, address, now, library=library)


def _moment(random: Random, end_ms: int) -> int:
    """Return a moment of the day, more likely in busy hours."""
    last = end_ms // (60 * MINUTE)
    hour = random.choices(range(24), [HOURS[(last - back) % 24] for back in range(24)])[0]
    return end_ms - hour * 60 * MINUTE - random.randrange(60 * MINUTE)


def _posts(sent: list[Sent]) -> Iterator[Post]:
    windows = [list(window) for _, window in groupby(sent, key=lambda one: one.arrives // WINDOW_MS)]
    for number, window in enumerate(windows):
        for library in sorted({one.library for one in window}):
            again = number == len(windows) // 2
            yield Post(library, [one.stamped() for one in window if one.library == library], again=again)
