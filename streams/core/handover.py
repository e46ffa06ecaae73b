"""A visitor's score state goes to the customer, exactly once (docs/semantics.md, section 5).

The visitor's subject writes one `handover` line to the customer's partition of `tracked` in the transaction in which it
forgets; the customer's subject adds it up. Only visitors move, and only to customers, so there are no chains or cycles.
"""

from typing import Any

from schemas.codec import partition_of
from schemas.scores import ChangeReason
from schemas.topics import TRACKED
from streams.core import base, mail_state, preferences, relabel, scores, signals, stages
from streams.core.caps import Windows, united, united_weighed
from streams.core.decay import Part
from streams.core.subject import Cause, Subject, cause_of
from streams.core.tracked_line import CONTROL_FIELDS

MOVED = ("scores", "base", "sessions", "labels", "caps", "traits", "triggers", "stages", "mail", "preferences")


def hand_over(subject: Subject, link: dict[str, Any]) -> None:
    """Give everything to the customer that a `link` line names. What comes for the visitor later is forwarded."""
    customer = link["customer_id"]
    base.lift(subject, link["received_at"])
    state = {name: subject.value[name] for name in MOVED if subject.value.get(name)}
    if state:
        line = {"control": "handover"} | {name: link[name] for name in CONTROL_FIELDS}
        line["props"] = {"from": subject.name, "state": state}
        subject.out.write_line(TRACKED, partition_of(subject.site, customer, subject.rules.partitions), line)
        _take_all_back(subject, cause_of(link, ChangeReason.HANDED_OVER))
        scores.retract(subject)
        subject.out.counts["handovers"] += 1
    subject.touched.clear()
    subject.value.clear()
    subject.value["moved_to"] = customer


def _take_all_back(subject: Subject, cause: Cause) -> None:
    for name in list(subject.value.get("scores", {})):
        for rule, part in list(subject.parts(name).items()):
            if part[0]:
                scores.change(subject, (name, rule), -part[0], int(part[1]), cause=cause)


def forward(subject: Subject, event: dict[str, Any]) -> None:
    """Send an event that came for a visitor after the handover on to the customer. The store skips the line."""
    customer = subject.value["moved_to"]
    line = event | {"control": event.get("control") or "forward", "customer_id": customer}
    subject.out.write_line(TRACKED, partition_of(subject.site, customer, subject.rules.partitions), line)
    subject.out.counts["events_forwarded"] += 1


def receive(subject: Subject, line: dict[str, Any]) -> None:
    """Add what a visitor handed over: decayed values, cap windows, traits and trigger matches."""
    state, cause = line["props"]["state"], cause_of(line, ChangeReason.MERGED)
    _add_scores(subject, state.get("scores", {}), cause)
    base.unite(subject, state.get("base", {}), line["received_at"])
    relabel.unite(subject, state, cause)
    _unite_caps(subject, state.get("caps", {}), line["received_at"])
    for trait, fact in state.get("traits", {}).items():
        scores.learn(subject, trait, fact, cause)
    stages.unite(subject, state.get("stages", {}), cause)
    signals.unite(subject, state.get("triggers", {}), line["received_at"])
    mail_state.unite(subject, state.get("mail", {}), line)
    preferences.unite(subject, state.get("preferences", {}))


def _add_scores(subject: Subject, found: dict[str, dict[str, Part]], cause: Cause) -> None:
    """Add what was earned by events. What traits earn follows from the traits, once they are united."""
    model = subject.rules.model
    for name, parts in found.items():
        for rule, part in parts.items():
            if part[0] and model.is_about_events(name, rule):
                scores.change(subject, (name, rule), part[0], int(part[1]), cause=cause)


def _unite_caps(subject: Subject, caps: dict[str, Windows], received_at: int) -> None:
    for key, windows in caps.items():
        rule = subject.rules.model.rules.get(key)
        cap, unite = (rule.weighed or rule.cap, united_weighed if rule.weighed else united) if rule else (None, united)
        if rule is None or cap is None:
            continue
        own: Windows = subject.value.setdefault("caps", {}).setdefault(key, {})
        for window, counted in windows.items():
            own[window], displaced = unite(own.get(window, []), counted, cap.count)
            for order in displaced:
                scores.take_back(subject, rule, window, order, received_at)
