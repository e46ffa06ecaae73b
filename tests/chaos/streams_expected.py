"""What the streams' topics must hold: one pass of the pure cores over the same logs, compared as sets with contents."""

import math
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from typing import Any

from schemas.codec import dumps, loads
from schemas.topics import IDENTITIES, REJECTED, SCORE_CHANGES, SCORES, SESSIONS, SIGNALS, Topic
from streams.core import subjects, visitors
from streams.core.layout import read
from streams.core.rules import VisitorRules
from streams.core.sessions import FORMER, JOINED, PUBLISH_AT, VERSION
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work
from tests.chaos.streams_feed import GHOST, GIANT
from tests.collector.broker import PARTITIONS

MODELS = resources.files("streams") / "models"
BY_THE_CLOCK = ("due_wall", "bands", "version")
"""Fields of a state value that depend on when a timer ran."""


class Fold:
    """The pure cores over a log, partition by partition, as a line that nothing ever disturbs."""

    def __init__(self, core: Any, rules: Any, log: Iterable[Any]) -> None:
        self.lines: Counter[bytes] = Counter()
        self.records: list[Any] = []
        self.states = [PartitionState() for _ in range(PARTITIONS)]
        metas: list[dict[str, Any]] = [{} for _ in range(PARTITIONS)]
        for record in log:
            work = Work(self.states[record.partition], metas[record.partition])
            core.absorb(record.value, work, rules=rules, arrival=_arrival_of(record))
            self._take(work)
        for state, meta in zip(self.states, metas, strict=True):
            more = True
            while more:
                work = Work(state, meta)
                more = core.flush(work, rules=rules, now_ms=0)
                self._take(work)

    def _take(self, work: Work) -> None:
        work.state.commit()
        self.records += work.out.records
        for lines in work.out.lines.values():
            self.lines.update(lines)

    def values(self, topic: Topic) -> list[Any]:
        """Return the values that the fold writes to a topic."""
        return [loads(record.value) for record in self.records if record.topic is topic and record.value is not None]

    def state(self) -> dict[str, Any]:
        """Return the state by key."""
        return {key: read(value) for state in self.states for key, value in state._stored.items()}


def folds(events: list[Any], tracked: list[Any]) -> tuple[Fold, Fold]:
    """Return both agents' folds over their source logs."""
    texts = {name: (MODELS / f"{name}.yaml").read_text("utf-8") for name in ("scores", "triggers")}
    rules = subjects.read_rules(scores=texts["scores"], triggers=texts["triggers"], partitions=PARTITIONS)
    return Fold(visitors, VisitorRules(PARTITIONS), events), Fold(subjects, rules, tracked)


def differences(first: Fold, second: Fold, found: dict[str, Any], poison: Iterable[bytes]) -> list[str]:
    """Return what differs between the folds and what was read: logs by topic, `visitors` and `subjects` state."""
    rows = {name: [loads(record.value) for record in log if record.value] for name, log in found["topics"].items() if name != "tracked"}
    pairs = {
        "tracked": (
            Counter(line for record in found["topics"]["tracked"] for line in record.value.split(b"\n")),
            first.lines + second.lines + Counter(poison),
        ),
        "score changes": (_caused(rows[SCORE_CHANGES.name]), _caused(second.values(SCORE_CHANGES))),
        "signals": (_counted(rows[SIGNALS.name]), _counted(second.values(SIGNALS))),
        "identities": (_counted(rows[IDENTITIES.name]), _counted(first.values(IDENTITIES))),
        "rejected": (_counted(rows[REJECTED.name]), _counted(first.values(REJECTED) + second.values(REJECTED))),
        "sessions": (_last_sessions(rows[SESSIONS.name]), _last_sessions(first.values(SESSIONS))),
        "state of visitors": (_visitors(found["visitors"]), _visitors(first.state())),
        "state of subjects": (_subjects(found["subjects"]), _subjects(second.state())),
    }
    wrong = [_difference(name, *pair) for name, pair in pairs.items() if pair[0] != pair[1]]
    last = [
        {record.key: record.value for record in log}
        for log in (found["topics"][SCORES.name], [r for r in second.records if r.topic is SCORES])
    ]
    return wrong + _score_differences(*last)


def _arrival_of(record: Any) -> Arrival:
    headers = dict(record.headers)
    watermark = headers.get("wm")
    return Arrival(record.timestamp, headers.get("from", b"").decode(), int(watermark) if watermark else None)


def _counted(rows: Iterable[Any]) -> Counter[bytes]:
    return Counter(map(dumps, rows))


def _caused(rows: Iterable[Any]) -> Counter[bytes]:
    """Changes with an event as their cause: a fall by decay is written when a timer comes to it."""
    return _counted(row for row in rows if row["reason"] not in ("decay", "silence"))


def _last_sessions(rows: list[Any]) -> dict[str, Any]:
    """The last version of each session, without what depends on when it was published."""
    ordered = sorted((row for row in rows if not row["visitor_id"].startswith(GIANT)), key=lambda row: row["version"])
    last = {row["session_id"]: {**row, "version": 0, "status": "", "joined": []} for row in ordered if row["status"] != "superseded"}
    gone = {row["session_id"]: row["superseded_by"] for row in ordered if row["status"] == "superseded"}
    return {session: row for session, row in last.items() if session not in gone}


def _visitors(state: dict[str, Any]) -> dict[str, Any]:
    return {key: _visitor(value) for key, value in state.items() if not key.startswith(f"{GHOST}\0") and f"\0{GIANT}" not in key}


def _visitor(value: dict[str, Any]) -> dict[str, Any]:
    kept = {name: field for name, field in value.items() if name not in BY_THE_CLOCK}
    chain = [list(session) for session in value.get("chain", ())]
    for session in chain:
        session[FORMER] = [former[0] for former in session[FORMER]]
        session[VERSION] = session[JOINED] = session[PUBLISH_AT] = None
    return kept | {"chain": chain}


def _subjects(state: dict[str, Any]) -> dict[str, Any]:
    return {key: {name: field for name, field in value.items() if name not in BY_THE_CLOCK} for key, value in state.items()}


def _score_differences(found: dict[bytes, bytes | None], wanted: dict[bytes, bytes | None]) -> list[str]:
    """Compare the last record of each score at one moment: a timer may have published it again, decayed."""
    wrong = [key for key in found.keys() | wanted.keys() if not _same_score(found.get(key), wanted.get(key))]
    return (
        [f"scores: {len(wrong)} differ, such as {min(wrong)!r}: {found.get(min(wrong))!r} for {wanted.get(min(wrong))!r}"]
        if wrong
        else []
    )


def _same_score(found: bytes | None, wanted: bytes | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    one, other = loads(found), loads(wanted)
    at = max(one["updated_at"], other["updated_at"])
    return math.isclose(_value_at(one, at), _value_at(other, at), rel_tol=1e-9, abs_tol=1e-9)


def _value_at(score: dict[str, Any], at: int) -> float:
    half_life = score["half_life_s"] * 1000
    return float(score["raw_value"] * (2 ** -((at - score["updated_at"]) / half_life) if half_life else 1))


def _difference(name: str, found: Any, wanted: Any) -> str:
    missing = [key for key in wanted if found.get(key) != wanted[key]]
    more = [key for key in found if key not in wanted]
    sample = next(iter(missing or more), "")
    texts = f"found {str(found.get(sample))[:700]}, wanted {str(wanted.get(sample))[:700]}"
    return f"{name}: {len(missing)} missing or different, {len(more)} too many, such as {sample!r:.500}: {texts}"
