"""Who opened and clicked an e-mail: a person, a program, or nobody can say (docs/semantics.md, section 9).

The verdict on every hit of an e-mail follows from the set of what is known of it: its hits, when it was delivered, and which
clicks led to a page that somebody read. So it does not depend on the order in which any of this arrived; what changes a verdict
later is a correction.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Label = Literal["human", "unknown", "proxied", "machine_probable", "machine_certain"]
Kind = Literal["open", "click"]

RANKS: tuple[Label, ...] = ("unknown", "proxied", "machine_probable", "machine_certain")
"""The strongest of several labels is the last; `human` needs a proof, and that proof ends all doubt."""

WEIGHTS: dict[Label, float] = {"human": 1.0, "unknown": 0.5, "proxied": 0.5, "machine_probable": 0.0, "machine_certain": 0.0}
"""Share of a rule's points that a hit is worth."""

SOON_MS: dict[Kind, int] = {"open": 20_000, "click": 10_000}
"""Nobody is this fast after delivery."""
SOON_PROBABLE_MS = 300_000
"""Nor this fast from a network where a scanner probably sits."""
PAIR_MS, TRIPLE_MS = 2_000, 10_000
TRAP = 0
"""Place of the link that no person sees."""
TRAP_MS = 60_000
PROXY_MS = 1_800_000
"""One open of a proxy in so long; the others are the same look."""

MAX_HITS = 256
"""Hits of one e-mail to one customer that are told apart; nobody makes more."""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One open or click: what the request itself says. `at` is event time, Unix milliseconds; `link` the link's place in the mail."""

    at: int
    event_id: str
    kind: Kind
    link: int = 1
    hint: str = ""
    network: str = ""
    proxy: str = ""
    privacy: bool = False
    crawler: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose a hit was, and every reason. `repeat`: a proxy that looked again, worth nothing."""

    label: Label
    reasons: tuple[str, ...] = ()
    repeat: bool = False

    @property
    def weight(self) -> float:
        """Share of a rule's points."""
        return 0.0 if self.repeat else WEIGHTS[self.label]


@dataclass(frozen=True, slots=True)
class Mail:
    """What is known of one e-mail to one customer. `delivered_at` is when it was delivered, else sent."""

    hits: tuple[Hit, ...] = ()
    delivered_at: int | None = None
    read: frozenset[str] = frozenset()


def verdicts(mail: Mail) -> dict[str, Verdict]:
    """Return the verdict on each of the hits, by event id."""
    hits = sorted(mail.hits)
    found: dict[str, list[tuple[Label, str]]] = {hit.event_id: list(_own(hit, mail.delivered_at)) for hit in hits}
    clicks = [hit for hit in hits if hit.kind == "click"]
    for hit in _burst(clicks):
        found[hit.event_id].append(("machine_certain", "burst"))
    for hit, label in _trapped(clicks):
        found[hit.event_id].append((label, "trap"))
    repeats = set(_repeats(hits))
    return {event_id: _verdict(labels, event_id in mail.read, event_id in repeats) for event_id, labels in found.items()}


def corrections(before: Mail, after: Mail) -> dict[str, tuple[Verdict, Verdict]]:
    """Return the hits that were judged before and are judged otherwise now: what was said, and what holds."""
    old, new = verdicts(before), verdicts(after)
    return {event_id: (said, new[event_id]) for event_id, said in old.items() if event_id in new and new[event_id] != said}


def with_hit(mail: Mail, hit: Hit) -> Mail:
    """Return an e-mail with another hit; of too many the earliest stay."""
    if any(known.event_id == hit.event_id for known in mail.hits):
        return mail
    return Mail(tuple(sorted((*mail.hits, hit))[:MAX_HITS]), mail.delivered_at, mail.read)


def _own(hit: Hit, delivered_at: int | None) -> Iterator[tuple[Label, str]]:
    """Yield what one hit says by itself, in the order of section 9."""
    if hit.hint in ("head", "prefetch"):
        yield "machine_certain", hit.hint
    if hit.hint == "provider":
        yield "machine_probable", "provider"
    if hit.network == "certain":
        yield "machine_certain", "network"
    if hit.proxy and hit.kind == "open":
        yield "proxied", hit.proxy
    if hit.privacy and hit.kind == "open":
        yield "machine_probable", "apple"
    if hit.crawler and not hit.proxy:
        yield "machine_certain", "crawler"
    if delivered_at is not None and not hit.proxy:
        age = hit.at - delivered_at
        if age < SOON_MS[hit.kind]:
            yield "machine_probable", "soon"
        elif hit.kind == "click" and hit.network == "probable" and age < SOON_PROBABLE_MS:
            yield "machine_probable", "soon_network"


def _burst(clicks: Sequence[Hit]) -> set[Hit]:
    """Return the clicks that no hand makes: two different links at once, or three in a few seconds."""
    return _windows(clicks, PAIR_MS, lambda links: links >= 2) | _windows(clicks, TRIPLE_MS, lambda links: links >= 3)


def _windows(clicks: Sequence[Hit], width_ms: int, is_burst: Callable[[int], bool]) -> set[Hit]:
    found: set[Hit] = set()
    begin = 0
    for end, last in enumerate(clicks):
        while last.at - clicks[begin].at > width_ms:
            begin += 1
        window = clicks[begin : end + 1]
        if is_burst(len({hit.link for hit in window})):
            found.update(window)
    return found


def _trapped(clicks: Iterable[Hit]) -> Iterator[tuple[Hit, Label]]:
    """Yield who followed the link that no person sees, and what came beside it."""
    known = list(clicks)
    traps = [hit.at for hit in known if hit.link == TRAP]
    for hit in known:
        if hit.link == TRAP:
            yield hit, "machine_certain"
        elif any(abs(hit.at - at) <= TRAP_MS for at in traps):
            yield hit, "machine_probable"


def _repeats(hits: Sequence[Hit]) -> Iterator[str]:
    """Yield the opens of a proxy that follow another one within half an hour, counted from the first of a run."""
    proxied = [hit for hit in hits if hit.proxy and hit.kind == "open"]
    since = proxied[0].at if proxied else 0
    for _, hit in pairwise(proxied):
        if hit.at - since < PROXY_MS:
            yield hit.event_id
        else:
            since = hit.at


def _verdict(labels: Sequence[tuple[Label, str]], read: bool, repeat: bool) -> Verdict:  # noqa: FBT001 - two facts of one hit
    reasons = tuple(reason for _, reason in labels)
    if read:
        return Verdict("human", (*reasons, "read"))
    label = max((label for label, _ in labels), key=RANKS.index, default=RANKS[0])
    return Verdict(label, reasons, repeat)
