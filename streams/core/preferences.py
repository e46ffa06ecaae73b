"""What a customer wants to hear of (docs/decisions/0017).

State: `preferences` of a subject, by channel and topic `[place in the one order, opt, source]`. Of each topic the latest choice stands, and
a choice about all ends the earlier ones about topics: a maximum, so that neither the order of arrival nor a repeat matters. History and
machines choose too: who unsubscribed years ago, or by a program, is not written to.
"""

from typing import Any

from schemas.codec import partition_of
from schemas.kinds import Kind
from schemas.topics import PREFERENCES, TRACKED
from streams.core.subject import Subject
from streams.core.totals import Order, order_of

Line = dict[str, Any]
Choice = list[Any]
Choices = dict[str, dict[str, Choice]]

KINDS = frozenset({Kind.PREFERENCE.value, Kind.EMAIL_UNSUBSCRIBE.value, Kind.EMAIL_COMPLAINT.value, Kind.EMAIL_BOUNCE.value})
CHOSEN = "chosen"
"""The control line of a choice that neither scores nor signals, for the customer whom its visitor has become."""

EMAIL, ALL = "email", "all"
ORDER, OPT, SOURCE = range(3)
MAX_TEXT = 100
MAX_TOPICS = 64
MAX_CHANNELS = 8


def receive(subject: Subject, line: Line) -> None:
    """Take in an event that may hold a choice."""
    if "moved_to" in subject.value:
        customer = subject.value["moved_to"]
        moved = line | {"control": CHOSEN, "customer_id": customer}
        subject.out.write_line(TRACKED, partition_of(subject.site, customer, subject.rules.partitions), moved)
        return
    chosen = _choice_in(line)
    if chosen is not None:
        channel, topic, opt, source = chosen
        unite(subject, {channel: {topic: [order_of(line), opt, source]}})


def unite(subject: Subject, more: Choices) -> None:
    """Add choices, and publish what holds now where that has changed."""
    kept: Choices = {channel: dict(topics) for channel, topics in subject.value.get("preferences", {}).items()}
    for channel, topics in more.items():
        kept[channel] = _latest(kept.get(channel, {}), topics)
    if len(kept) > MAX_CHANNELS:
        del kept[min(kept, key=lambda channel: _newest(kept[channel]))]
    if kept and kept != subject.value.get("preferences"):
        subject.value["preferences"] = kept
        if subject.name.startswith("c:"):
            subject.out.write(PREFERENCES, subject.topic_key.replace(":c:", ":", 1), _record(subject, kept))


def forget(site: str, name: str, value: dict[str, Any]) -> str:
    """Return the key of what was published of a subject whose state this is, empty when nothing was."""
    return f"{site}:{name[2:]}" if name.startswith("c:") and value.get("preferences") else ""


def _latest(own: dict[str, Choice], more: dict[str, Choice]) -> dict[str, Choice]:
    found = own | {topic: choice for topic, choice in more.items() if topic not in own or choice[ORDER] > own[topic][ORDER]}
    every: Order | None = found[ALL][ORDER] if ALL in found else None
    standing = {topic: choice for topic, choice in found.items() if topic == ALL or every is None or choice[ORDER] > every}
    newest = sorted(standing, key=lambda topic: (topic == ALL, standing[topic][ORDER]))[-MAX_TOPICS:]
    return {topic: standing[topic] for topic in newest}


def _newest(topics: dict[str, Choice]) -> Order:
    newest: Order = max(choice[ORDER] for choice in topics.values())
    return newest


def _choice_in(line: Line) -> tuple[str, str, str, str] | None:
    """Return channel, topic, opt and source of an event's choice; None when it holds none."""
    kind, props = line["kind"], line.get("props") or {}
    if kind == Kind.PREFERENCE:
        opt = props.get("opt")
        if opt not in ("in", "out"):
            return None
        return _text(props.get("channel")) or EMAIL, _text(props.get("topic")) or ALL, opt, _text(props.get("source"))
    if kind == Kind.EMAIL_BOUNCE:
        return (EMAIL, ALL, "out", "bounce") if props.get("bounce") == "hard" else None
    return EMAIL, ALL, "out", "complaint" if kind == Kind.EMAIL_COMPLAINT else "provider"


def _text(value: Any) -> str:
    return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""


def _record(subject: Subject, kept: Choices) -> dict[str, Any]:
    choices = [
        {
            "channel": channel,
            "topic": topic,
            "opt": choice[OPT],
            "source": choice[SOURCE],
            "at": choice[ORDER][0],
            "event_id": choice[ORDER][3],
        }
        for channel, topics in sorted(kept.items())
        for topic, choice in sorted(topics.items())
    ]
    return {"site": subject.site, "customer_id": subject.name[2:], "choices": choices}
