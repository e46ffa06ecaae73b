"""Everything that the streams wrote, row by row under names that do not depend on timing, and where two runs differ.

Left out is what docs/semantics.md names: versions and throttled records of sessions, `before`, `after` and bands of score changes (whose
points are summed by rule and event: which copy of them was taken back depends on arrival), signals that time has taken back, whether an
alert went out, triggers that ask for a score as of arrival, and what a handover says of waits that timers end. Of the corrections of an e-mail's hit the last is compared.
"""

import math
import time
from collections import Counter, defaultdict
from itertools import islice

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import dumps, loads
from schemas.topics import (
    IDENTITIES,
    PREFERENCES,
    REJECTED,
    SCORE_CHANGES,
    SCORES,
    SESSIONS,
    SIGNALS,
    SUBJECTS_STATE,
    TRACKED,
    VISITORS_STATE,
)
from streams.core.decay import value_at
from streams.core.layout import read as read_value
from streams.core.mail_points import DUE, REVISION
from streams.core.sessions import FORMER, VERSION
from streams.core.trimming import LARGEST
from tests.chaos.streams_feed import GHOST, GIANT
from tests.collector.broker import PARTITIONS
from tests.streams.core.rich import ABSENCES, ARRIVAL_DECIDES, RULES

FIRST = 5
MOMENT = time.time_ns() // 1_000_000
"""When points are compared: an old and a new state of a decaying score may say the same."""

NOTHING = 1e-6
HALF_LIVES = {name: score.half_life_ms for name, score in RULES.model.scores.items()}
MARKER = b"__marker"
NUMBERS = (int, float)
EMPTY = (None, [], {})


async def records_of(broker, topic, partitions=PARTITIONS):
    """Return the committed records of a topic, each partition in its order."""
    tps = [TopicPartition(topic.name, number) for number in range(partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.connection.bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8_000_000,
    )
    async with consumer:
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        for tp in tps:
            consumer.seek(tp, 0)
        found = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(batch)
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def rows_of(broker):
    """Return the rows of every topic: name of the topic -> name of the row -> its content."""
    return {name: view(await records_of(broker, topic)) for name, (topic, view) in VIEWS.items()}


def _lines(records):
    for record in records:
        if dict(record.headers).get("from"):
            for line in record.value.split(b"\n"):
                yield loads(line)


def tracked(records):
    """Each line as it is; a line that stands there twice is two rows. When a correction was known depends on what came first."""
    copies, found = Counter(), {}
    for line in _lines(records):
        if line.get("control") in ("verdict", "click_confirmed"):
            found[f"{line['control']} {line['event_id']}"] = line | {"received_at": 0, "revision": 0}
            continue
        if line.get("control") == "handover":
            untimed_subjects({"": line["props"]["state"]})
            for trigger in ABSENCES:  # a timer ends them before the handover or after it, where the state went: there it is compared
                line["props"]["state"].get("triggers", {}).get(trigger, {}).pop("signals", None)
        name = f"{line.get('control', 'event')} {line.get('event_id', '')} {line.get('visitor_id', '')}"[:120]
        copies[name] += 1
        found[f"{name} #{copies[name]}"] = line
    return found


def sessions(records):
    """The last version of each session; what joined one that was superseded has joined the one that stands."""
    last, joined = {}, []
    for row in sorted(_values(records), key=lambda row: row["version"]):
        last[row["session_id"]] = {**row, "version": 0, "status": "", "joined": []}
        joined += [(row["session_id"], event) for event in row.get("joined", ())]
    for name, event in set(joined):
        row = last[name]
        while row.get("superseded_by"):
            row = last[row["superseded_by"]]
        row["joined"] = sorted({*row["joined"], event})
    return last


def scores(records):
    """What each score is worth at one moment. Its rounded reasons follow from the state, its band from when it was published."""
    return {name: _worth(row) for name, row in _last(records).items() if row is not None}


def _worth(row):
    half_life_ms = int(row["half_life_s"] * 1000)
    kept = {name: part for name, part in row.items() if name not in ("version", "updated_at", "band", "reasons", "value")}
    return kept | {"raw_value": value_at([row["raw_value"], row["updated_at"]], MOMENT, half_life_ms)}


def score_changes(records):
    """The points of each subject by score, rule and event: rows that take each other back leave nothing.

    What traits earn is named after whichever event told a trait first.
    """
    found = defaultdict(float)
    for row in _values(records):
        event = row["event_id"] if row["score"] != "fit" else ""
        found["|".join((row["site"], row["subject"], row["score"], row["rule"], event))] += row["points"]
    return {name: points for name, points in found.items() if abs(points) > 1e-6}


def signals(records):
    """The signals that stand at the end."""
    last = {row["signal_id"]: row for row in sorted(_values(records), key=lambda row: row["revision"])}
    kept = ("subject", "trigger", "version", "event_id", "fired_at")
    return {
        name: {field: row[field] for field in kept}
        for name, row in last.items()
        if row["status"] != "withdrawn" and row["trigger"] not in ARRIVAL_DECIDES
    }


def rejected(records):
    """Each refusal as it is; the same one twice is two rows."""
    return dict(Counter(dumps(row).decode() for row in _values(records)))


def identities(records):
    return _last(records)


def preferences(records):
    return _last(records)


def visitors_state(records):
    return untimed_visitors(_state(records))


def subjects_state(records):
    return untimed_subjects(_state(records))


def untimed_visitors(found):
    """Take the versions that sessions were published with out of state values of visitors."""
    for value in found.values():
        for session in value.get("chain", ()):
            session[VERSION] = 0
            session[FORMER] = [former for former, _ in session[FORMER]]
    return found


def untimed_subjects(found):
    """Take versions and what is judged as of arrival out of state values of subjects, and count points at one moment."""
    for value in found.values():
        for left_out in ("version", "due_wall", "bands"):
            value.pop(left_out, None)
        for trigger in ARRIVAL_DECIDES:
            value.get("triggers", {}).pop(trigger, None)
        for trigger in value.get("triggers", {}).values():
            trigger.pop("past", None)
            if "signals" in trigger:
                trigger["signals"] = {name: signal[2][:4] for name, signal in trigger["signals"].items() if signal[0] != "withdrawn"}
        for message in value.pop("mail", {}).get("messages", {}).values():
            value |= {f"hit {name}": [*entry[:REVISION], *entry[REVISION + 1 : DUE]] for name, entry in message["hits"].items()}
        if "scores" in value:
            value["scores"] = _parts(value["scores"])
        if "sessions" in value:
            shares = {name: _parts(share) for name, (_, share) in value["sessions"].items()}
            value["sessions"] = {name: share for name, share in shares.items() if share}
    return found


def _parts(scores):
    """Return points by score and rule at one moment, without those that took each other back."""
    return {score: _left(score, rules) for score, rules in scores.items() if _left(score, rules)}


def _left(score, rules):
    worth = {rule: value_at(part, MOMENT, HALF_LIVES.get(score, 0)) for rule, part in rules.items()}
    return {rule: points for rule, points in worth.items() if abs(points) > NOTHING}


def _state(records):
    """The last value of each key. Of a visitor who is too large it is compared only that there is one, and that it was cut."""
    found = {}
    for record in records:
        name = f"{record.partition} {record.key.decode(errors='replace')}"
        if record.key == MARKER:
            found[name] = loads(record.value)["meta"] | {"heard": {}}
        elif record.value is None:
            found.pop(name, None)
        elif f"\0{GIANT}" in name:
            found[name] = {"cut": len(record.value) <= LARGEST}
        elif not record.key.startswith(GHOST.encode()):
            found[name] = read_value(record.value)
    return found


def _values(records):
    return [loads(record.value) for record in records if record.value is not None]


def _last(records):
    return {record.key.decode(): None if record.value is None else loads(record.value) for record in records}


VIEWS = {
    "tracked": (TRACKED, tracked),
    "sessions": (SESSIONS, sessions),
    "identities": (IDENTITIES, identities),
    "preferences": (PREFERENCES, preferences),
    "scores": (SCORES, scores),
    "score-changes": (SCORE_CHANGES, score_changes),
    "signals": (SIGNALS, signals),
    "rejected": (REJECTED, rejected),
    "visitors-state": (VISITORS_STATE, visitors_state),
    "subjects-state": (SUBJECTS_STATE, subjects_state),
}


def differences(left, right):
    """Return the names of the rows that two views do not share, or not with the same content."""
    return [name for name in sorted(left.keys() | right.keys()) if next(parts(left.get(name), right.get(name)), None)]


def parts(left, right, path=""):
    """Yield what differs in two contents, numbers to 1e-9: where, and both."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(left.keys() | right.keys()):
            yield from parts(left.get(name), right.get(name), f"{path}.{name}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from parts(one, other, f"{path}.{number}")
    elif not (_same(left, right) or (left in EMPTY and right in EMPTY)):
        yield path or "all of it", left, right


def _same(left, right):
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right


def first_of(names, left, right):
    """Return the first differing rows, for people."""
    return [
        f"{name}: "
        + "; ".join(
            f"{path} is {_text(one)}, undisturbed {_text(other)}"
            for path, one, other in islice(parts(left.get(name), right.get(name)), FIRST)
        )
        for name in islice(names, FIRST)
    ]


def _text(value):
    return "nothing" if value is None else dumps(value).decode()[:300]
