"""What each part may do in Kafka, and no more: derived from the topics, groups and ids that its own code uses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from collector.kafka import WRITES
from console import kafka as console_kafka
from footprint import models
from footprint.parts import webhooks
from footprint.settings import Settings
from schemas.topics import (
    DELIVERIES,
    EVENTS,
    MODELS,
    PREFERENCES,
    PROFILE_FACTS,
    PROFILES,
    PUBLIC,
    REJECTED,
    SEGMENT_DEFINITIONS,
    SIGNALS,
    STATE,
    TASKS,
)
from sinks.core.feeds import TOPICS as STORED
from sinks.kafka import GROUP as SINK_GROUP
from streams.agents import gathering_hops, profiles_hop, subjects_hop, visitors_hop
from streams.app import APPLICATION, PROFILES_APPLICATION
from streams.core.rules import VisitorRules
from streams.core.subject import read_rules
from streams.faust_exact.hop import Hop
from streams.faust_exact.kafka import transactions_of

Resource = Literal["topic", "group", "transactional-id"]
Operation = Literal["Create", "Describe", "DescribeConfigs", "Read", "Write"]

OURS = "footprint."
"""What the names of all topics begin with."""


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One right. `prefixed`: it holds for every name that begins so."""

    resource: Resource
    name: str
    prefixed: bool
    operation: Operation


def rights() -> Mapping[str, frozenset[Acl]]:
    """Return the rights of each part that talks to Kafka. Everybody sees which topics there are: each part checks them at its start."""
    found = {
        "collector": {*_write(topic.name for topic in WRITES), *_read([PREFERENCES.name, PROFILES.name])},
        "streams": _worker(APPLICATION, _hops()),
        "profiles": _worker(PROFILES_APPLICATION, (*gathering_hops(1), profiles_hop(1))),
        "sink": {*_read(STORED), *_write([REJECTED.name]), Acl("group", SINK_GROUP, prefixed=False, operation="Read")},
        "webhooks": {
            *_read([SIGNALS.name, TASKS.name]),
            *_write([REJECTED.name, DELIVERIES.name]),
            Acl("group", f"{webhooks.GROUP}-", prefixed=True, operation="Read"),
        },
        "console": {
            *_read([SIGNALS.name]),
            *_write(topic.name for topic in console_kafka.WRITES),
            Acl("group", console_kafka.TASKS_GROUP, prefixed=False, operation="Read"),
        },
        "rebuild": {*_write([EVENTS.name]), *_read([MODELS.name])},
        "operator": _operator(),
    }
    seen = Acl("topic", OURS, prefixed=True, operation="Describe")
    return {part: frozenset({*own, seen}) for part, own in found.items()}


def _worker(application: str, hops: Sequence[Hop]) -> set[Acl]:
    states = [hop.state.name for hop in hops]
    return {
        *_read([*(hop.source.name for hop in hops), *states]),
        *_write([*(topic.name for hop in hops for topic in hop.outputs), *states]),
        *(Acl("transactional-id", transactions_of(application, hop.source.name), prefixed=True, operation="Write") for hop in hops),
        Acl("group", application, prefixed=False, operation="Read"),
    }


def _operator() -> set[Acl]:
    """Whoever types commands: topics, models, erasures, imports, and the places of the sink in a backup."""
    made: tuple[Operation, ...] = ("Create", "DescribeConfigs")
    return {
        *(Acl("topic", OURS, prefixed=True, operation=operation) for operation in made),
        *_read([MODELS.name, SEGMENT_DEFINITIONS.name, *STORED]),
        *_write([EVENTS.name, PROFILE_FACTS.name, REJECTED.name]),
        Acl("group", SINK_GROUP, prefixed=False, operation="Read"),
    }


def _hops() -> Sequence[Hop]:
    """Return the agents as the streams make them; their rules play no part here."""
    texts = models.texts_of(Settings(), "")
    rules = read_rules(scores=texts.scores, triggers=texts.triggers, partitions=1)
    return visitors_hop(VisitorRules(1)), subjects_hop(rules)


def _read(topics: Iterable[str]) -> set[Acl]:
    return {Acl("topic", name, prefixed=False, operation="Read") for name in topics}


def _write(topics: Iterable[str]) -> set[Acl]:
    return {Acl("topic", name, prefixed=False, operation="Write") for name in topics}


def commands(*, principal: str) -> list[str]:
    """Return the rights as calls of Kafka's own tool. `{user}` in `principal` becomes `footprint-` and the part."""
    lines = ["# BOOTSTRAP names the brokers, ADMIN a file with the credentials of somebody who may give rights."]
    for part, acls in rights().items():
        lines += ["", f"# {part}"]
        named = principal.format(user=user_of(part))
        lines += [
            f'kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config "$ADMIN" --add --allow-principal "{named}" {one}'
            for one in _calls(acls)
        ]
    return lines


def _calls(acls: Iterable[Acl]) -> list[str]:
    """Return the arguments of as few calls as possible: one for each kind of name and operation."""

    def kind(acl: Acl) -> tuple[str, bool, str]:
        return acl.resource, acl.prefixed, acl.operation

    calls = []
    for (resource, prefixed, operation), found in groupby(sorted(acls, key=lambda acl: (*kind(acl), acl.name)), kind):
        names = " ".join(f"--{resource} {acl.name}" for acl in found)
        calls.append(f"--operation {operation} {names}{' --resource-pattern-type prefixed' if prefixed else ''}")
    return calls


def values() -> dict[str, list[dict[str, str]]]:
    """Return the rights as plain values, by user."""
    return {
        user_of(part): [
            {"resource": acl.resource, "name": acl.name, "pattern": "prefixed" if acl.prefixed else "literal", "operation": acl.operation}
            for acl in sorted(acls)
        ]
        for part, acls in rights().items()
    }


def user_of(part: str) -> str:
    """Return the name of a part's user, in Kafka."""
    return f"footprint-{part}"


assert all(topic.name.startswith(OURS) for topic in (*PUBLIC, *STATE)), "a topic of another name would be seen by nobody"
