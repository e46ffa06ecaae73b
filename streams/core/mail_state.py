"""The e-mails of a subject: who opened and clicked them, corrected as more becomes known (docs/decisions/0015).

State: `mail` is `{"messages": {message id: Message}, "due": when to be woken}`. A `Message` is `{"hits": {event id: Entry},
"times": when it was sent or delivered, "read": ids of clicks that led to a page that was read, "at": latest receipt}`, an `Entry`
`[own reasons, reasons as told, revision, weight that counts, how signals see it, until when it waits or 0, the event]`.
"""

from collections.abc import Iterable
from typing import Any

from schemas.codec import partition_of
from schemas.kinds import Kind
from schemas.topics import TRACKED
from streams.core import mail_clicks
from streams.core.caps import KEPT_MS
from streams.core.mail_hits import CLICK, HITS, facts_of
from streams.core.mail_labels import MAX_HITS, MAX_TIMES, Hit, own_reasons, verdicts
from streams.core.mail_points import DUE, EVENT, OWN, REVISION, TOLD, WEIGHT, Entry, count, event_of, waits
from streams.core.subject import Subject
from streams.core.tracked_line import CONTROL_FIELDS
from streams.core.work import Value

Line = dict[str, Any]
Message = dict[str, Any]

ARRIVALS = frozenset({Kind.EMAIL_SENT.value, Kind.EMAIL_DELIVERED.value})
KINDS = HITS | ARRIVALS
"""Kinds of events that are about the label of a hit."""

WAIT_MS = 60_000
"""How long a hit waits for what else becomes known, by the clock from its receipt."""
MAX_MESSAGES = 64
MAX_KEPT = 512
"""Hits of all e-mails of a subject."""


def receive(subject: Subject, event: Line) -> None:
    """Take in an open, a click, or when an e-mail was sent or delivered; `judge` says what that changes."""
    received_at, event_id = event["received_at"], event["event_id"]
    message = _message(subject, event.get("message_id") or event_id, event)
    if event["kind"] in ARRIVALS:
        message["times"] = sorted({*message["times"], event["event_time"]})[-MAX_TIMES:]
    elif event_id not in message["hits"]:
        reasons = event.get("traffic_reasons", [])
        entry = [list(own_reasons(reasons)), list(reasons), 0, 0.0, 0, received_at + WAIT_MS, event_of(event)]
        if "flood" in reasons or len(message["hits"]) >= MAX_HITS:
            _tell(subject, entry, [*entry[OWN], "flood"], event)
        else:
            message["hits"][event_id] = entry
            if "read" in reasons:  # a stored event that says so
                message["read"] = sorted({*message["read"], event_id})
            mail_clicks.tell(event, subject.out, partitions=subject.rules.partitions)


def judge(subject: Subject) -> None:
    """Find the verdicts on the e-mails anew of which something was heard: once, however much that was."""
    heard, subject.mails = subject.mails or {}, None
    if "mail" not in subject.value:  # all of it went to a customer
        return
    for name, cause in heard.items():
        _judge(subject, subject.value["mail"]["messages"][name], cause)
    for cause in list(heard.values())[-1:]:
        _keep_few(subject, cause)
    _put_due(subject)


def confirm(subject: Subject, line: Line) -> None:
    """Take in that a click led to a page that was read. One that is not kept any more, or was forgotten, stays as it was told."""
    name, click_id = line.get("message_id") or line["click_id"], line["click_id"]
    known = subject.value.get("mail", {}).get("messages", {}).get(name)
    if known and click_id in known["hits"]:
        message = _message(subject, name, line)
        message["read"] = sorted({*message["read"], click_id})


def wake(subject: Subject, now_ms: int) -> None:
    """Count the hits that have waited long enough by now, and forget what nothing can concern any more."""
    messages = subject.value["mail"]["messages"]
    for name in list(messages):
        for entry in messages[name]["hits"].values():
            if 0 < entry[DUE] <= now_ms:
                _stop_waiting(subject, entry)
        if messages[name]["at"] + KEPT_MS < now_ms:
            del messages[name]
    _put_due(subject)


def stop_waiting(subject: Subject) -> None:
    """Count every hit as it is judged now: all that is to be known is known."""
    for message in subject.value.get("mail", {}).get("messages", {}).values():
        for entry in message["hits"].values():
            _stop_waiting(subject, entry)


def unite(subject: Subject, state: dict[str, Any], line: Line) -> None:
    """Take over the e-mails of a visitor whose scores and signals were just added: they are judged with those that are known."""
    for name, theirs in state.get("messages", {}).items():
        message = _message(subject, name, line)
        message["at"] = max(message["at"], theirs["at"])
        message["hits"] |= {event_id: entry for event_id, entry in theirs["hits"].items() if event_id not in message["hits"]}
        for facts in ("times", "read"):
            message[facts] = sorted({*message[facts], *theirs[facts]})


def weights(value: Value) -> dict[str, float]:
    """Return what every hit that a subject's state keeps counts with, by event id."""
    messages = value.get("mail", {}).get("messages", {}).values()
    return {event_id: entry[WEIGHT] for message in messages for event_id, entry in message["hits"].items()}


def agree(subject: Subject, told: dict[str, float]) -> bool:
    """True when every hit that is kept is worth what is told, and none waits for its verdict."""
    judge(subject)
    return all(not waits(entry) and told.get(event_id) == entry[WEIGHT] for event_id, entry in _entries(subject))


def _entries(subject: Subject) -> Iterable[tuple[str, Entry]]:
    for message in subject.value.get("mail", {}).get("messages", {}).values():
        yield from message["hits"].items()


def _message(subject: Subject, name: str, cause: Line) -> Message:
    """Return what is kept of an e-mail, to be changed; it is judged at the end."""
    received_at = cause["received_at"]
    if subject.mails is None:
        subject.mails = {}
    subject.mails[name] = cause
    mail = subject.value.setdefault("mail", {"messages": {}, "due": 0})
    message: Message = mail["messages"].setdefault(name, {"hits": {}, "times": [], "read": [], "at": received_at})
    message["at"] = max(message["at"], received_at)
    hits = message["hits"]
    for event_id in [one for one, entry in hits.items() if not entry[DUE] and entry[EVENT]["event_time"] + KEPT_MS < received_at]:
        del hits[event_id]
    return message


def _judge(subject: Subject, message: Message, cause: Line) -> None:
    """Find the verdicts anew, tell those that are others now, and count the hits that wait for nothing."""
    hits = message["hits"]
    found = verdicts([_hit(event_id, entry) for event_id, entry in hits.items()], message["times"], message["read"])
    for event_id, reasons in found.items():
        entry = hits[event_id]
        if entry[TOLD] != list(reasons):
            _tell(subject, entry, list(reasons), cause)
            if "read" in reasons:
                entry[DUE] = 0
            if not waits(entry):
                count(subject, entry, cause["received_at"])


def _hit(event_id: str, entry: Entry) -> Hit:
    event = entry[EVENT]
    click = event["kind"] == CLICK
    return Hit(event["event_time"], event_id, "click" if click else "open", _link_of(event) if click else "", tuple(entry[OWN]))


def _link_of(event: Line) -> str:
    """Return what tells the links of an e-mail apart: the place of the link, or where it leads."""
    props = event.get("props", {})
    return str(props.get("link", props.get("url", event.get("url", ""))))


def _tell(subject: Subject, entry: Entry, reasons: list[str], cause: Line) -> None:
    """Publish a correction of a hit."""
    entry[TOLD] = reasons
    entry[REVISION] += 1
    event = entry[EVENT]
    line = {"control": "verdict"} | {name: event.get(name, "") for name in (*CONTROL_FIELDS, "message_id")}
    line |= facts_of(tuple(reasons)) | {"received_at": cause["received_at"], "revision": entry[REVISION]}
    subject.out.write_line(TRACKED, partition_of(subject.site, subject.name[2:], subject.rules.partitions), line)
    subject.out.counts["email_verdicts"] += 1


def _stop_waiting(subject: Subject, entry: Entry) -> None:
    due, entry[DUE] = entry[DUE], 0
    count(subject, entry, due or entry[EVENT]["received_at"])


def _keep_few(subject: Subject, cause: Line) -> None:
    """Leave the e-mails that nothing was heard of for longest, where there are too many; what waits there counts as it is."""
    messages = subject.value["mail"]["messages"]
    while len(messages) > MAX_MESSAGES or sum(len(message["hits"]) for message in messages.values()) > MAX_KEPT:
        oldest = min(messages, key=lambda name: (messages[name]["at"], name))
        for entry in messages.pop(oldest)["hits"].values():
            if waits(entry):
                count(subject, entry, cause["received_at"])


def _put_due(subject: Subject) -> None:
    mail = subject.value["mail"]
    messages = mail["messages"].values()
    if not messages:
        del subject.value["mail"]
        return
    waiting = [entry[DUE] for message in messages for entry in message["hits"].values() if entry[DUE]]
    mail["due"] = min([*waiting, *(message["at"] + KEPT_MS + 1 for message in messages)])


def due(subject: Subject) -> int | None:
    """Return when the subject must be woken for its e-mails, None for never."""
    mail = subject.value.get("mail")
    return mail["due"] if mail else None
