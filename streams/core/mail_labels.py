"""Who opened and clicked an e-mail: a person, a program, or nobody can say (docs/semantics.md, section 9).

The verdict on every hit of an e-mail follows from the set of what is known of it: its hits, when it was sent and delivered, and
which clicks led to a page that somebody read. So it does not depend on the order in which any of this arrived; what changes a
verdict later is a correction. A label is nothing but the strongest of its reasons.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Label = Literal["human", "unknown", "proxied", "machine_probable", "machine_certain"]
Kind = Literal["open", "click"]
Reasons = tuple[str, ...]

RANKS: tuple[Label, ...] = ("unknown", "proxied", "machine_probable", "machine_certain", "human")
"""The strongest of several reasons is the last: a machine, unless there is a proof, which ends all doubt."""

OWN: dict[str, Label] = {
    "head": "machine_certain",
    "prefetch": "machine_certain",
    "provider": "machine_probable",
    "network": "machine_certain",
    "filter": "unknown",
    "proxy": "proxied",
    "privacy": "machine_probable",
    "crawler": "machine_certain",
}
"""What a hit says by itself, and what that makes of it. Behind a colon may stand whose it is: `proxy:gmail`.

`filter` is a network where a scanner probably sits, and people too: it says nothing alone.
"""

SET: dict[str, Label] = {
    "soon": "machine_probable",
    "soon_network": "machine_probable",
    "burst": "machine_certain",
    "trap": "machine_certain",
    "near_trap": "machine_probable",
    "again": "unknown",
    "flood": "machine_certain",
    "read": "human",
}
"""What follows from all that is known of an e-mail. `again` is a proxy that looks another time: the same look, worth nothing."""

LABELS = OWN | SET

WEIGHTS: dict[Label, float] = {"human": 1.0, "unknown": 0.5, "proxied": 0.5, "machine_probable": 0.0, "machine_certain": 0.0}
"""Share of a rule's points that a hit is worth."""

SOON_MS: dict[Kind, int] = {"open": 20_000, "click": 10_000}
"""Nobody is this fast after delivery."""
SOON_PROBABLE_MS = 300_000
"""Nor this fast from a network where a scanner probably sits."""
BEFORE_MS = 60_000
"""A scanner may look before the delivery is reported, or by another clock."""
PAIR_MS, TRIPLE_MS = 2_000, 10_000
TRAP = "0"
"""Place of the link that no person sees."""
TRAP_MS = 60_000
PROXY_MS = 1_800_000
"""One open of a proxy in so long, of a window aligned to event time; the others are the same look."""

MAX_HITS = 256
"""Hits of one e-mail to one customer that are told apart; nobody makes more."""
MAX_TIMES = 16
"""Times at which one e-mail was sent or delivered that are kept, the latest."""


@dataclass(slots=True, order=True)  # a frozen one costs three times as much to make
class Hit:
    """One open or click. `at` is event time, Unix milliseconds; `link` tells the links of an e-mail apart; `own` are its own reasons."""

    at: int
    event_id: str
    kind: Kind
    link: str = ""
    own: Reasons = ()


def label_of(reasons: Iterable[str]) -> Label:
    """Return the label that reasons come to."""
    return max((LABELS[reason.partition(":")[0]] for reason in reasons), key=RANKS.index, default=RANKS[0])


def weight_of(reasons: Collection[str]) -> float:
    """Return the share of a rule's points that a hit with these reasons is worth."""
    return 0.0 if "again" in reasons else WEIGHTS[label_of(reasons)]


def own_reasons(reasons: Iterable[str]) -> Reasons:
    """Return those of a hit's reasons that it has by itself."""
    return tuple(reason for reason in reasons if reason.partition(":")[0] in OWN)


def verdicts(hits: Iterable[Hit], times: Sequence[int] = (), read: Collection[str] = ()) -> dict[str, Reasons]:
    """Return the reasons of each hit of an e-mail, by event id.

    `times` are when it was sent and delivered, `read` the ids of the clicks that led to a page that somebody read.
    """
    ordered = sorted(hits)
    found: dict[str, list[str]] = {hit.event_id: [*hit.own, *_soon(hit, times)] for hit in ordered}
    clicks = [hit for hit in ordered if hit.kind == "click"]
    if len(clicks) > 1:
        for event_id in _burst(clicks):
            found[event_id].append("burst")
    for event_id, reason in _trapped(clicks):
        found[event_id].append(reason)
    for hit in _repeats(ordered, found) if any(hit.own for hit in ordered) else ():
        found[hit.event_id].append("again")
    for event_id in read:
        if event_id in found:
            found[event_id].append("read")
    return {event_id: tuple(reasons) for event_id, reasons in found.items()}


def _soon(hit: Hit, times: Sequence[int]) -> Iterator[str]:
    """Yield why a hit came too soon after some delivery. A proxy may be as fast as it likes."""
    ages = [hit.at - at for at in times]
    if not ages or any(reason.startswith("proxy") for reason in hit.own):
        return
    if any(-BEFORE_MS <= age < SOON_MS[hit.kind] for age in ages):
        yield "soon"
    elif hit.kind == "click" and "filter" in hit.own and any(-BEFORE_MS <= age < SOON_PROBABLE_MS for age in ages):
        yield "soon_network"


def _burst(clicks: Sequence[Hit]) -> set[str]:
    """Return the clicks that no hand makes: two different links at once, or three in a few seconds."""
    return _windows(clicks, PAIR_MS, lambda links: links >= 2) | _windows(clicks, TRIPLE_MS, lambda links: links >= 3)


def _windows(clicks: Sequence[Hit], width_ms: int, is_burst: Callable[[int], bool]) -> set[str]:
    found: set[str] = set()
    links: dict[str, int] = {}
    begin = marked = 0
    for end, last in enumerate(clicks):
        links[last.link] = links.get(last.link, 0) + 1
        while last.at - clicks[begin].at > width_ms:
            gone = clicks[begin].link
            links[gone] -= 1
            if not links[gone]:
                del links[gone]
            begin += 1
        if is_burst(len(links)):
            found.update([hit.event_id for hit in clicks[max(begin, marked) : end + 1]])
            marked = end + 1
    return found


def _trapped(clicks: Iterable[Hit]) -> Iterator[tuple[str, str]]:
    """Yield who followed the link that no person sees, and what came beside it."""
    known = list(clicks)
    traps = [hit.at for hit in known if hit.link == TRAP]
    for hit in known if traps else ():
        if hit.link == TRAP:
            yield hit.event_id, "trap"
        elif any(abs(hit.at - at) <= TRAP_MS for at in traps):
            yield hit.event_id, "near_trap"


def _repeats(ordered: Iterable[Hit], found: dict[str, list[str]]) -> Iterator[Hit]:
    """Yield the opens of a proxy that are not the first of their window."""
    windows: set[int] = set()
    for hit in ordered:
        if label_of(found[hit.event_id]) == "proxied":
            if hit.at // PROXY_MS in windows:
                yield hit
            windows.add(hit.at // PROXY_MS)
