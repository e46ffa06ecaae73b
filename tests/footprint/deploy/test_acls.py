"""Rights are derived from what the parts' own code names, and are no more than that."""

import functools
import itertools
import shlex

import pytest
import yaml
from typer.testing import CliRunner

from footprint import cli
from footprint.deploy import acls, grants
from schemas.topics import (
    AUDIT,
    DELIVERIES,
    EVENTS,
    PREFERENCES_GATHERED,
    PROFILE_FACTS,
    PROFILES,
    PROFILES_STATE,
    PUBLIC,
    REJECTED,
    SCORES_GATHERED,
    SEGMENT_DEFINITIONS,
    SEGMENTS,
    STATE,
    TASKS,
    TRACKED_GATHERED,
)
from sinks.clickhouse.schema import newest, tables, views

OTHER_WRITERS = {TASKS.name: {"console"}, AUDIT.name: {"console"}, DELIVERIES.name: {"console", "webhooks"}}
OF_PROFILES = (PROFILES, SEGMENTS, SEGMENT_DEFINITIONS, PROFILES_STATE, SCORES_GATHERED, PREFERENCES_GATHERED, TRACKED_GATHERED)
OTHER_WRITERS |= {topic.name: {"profiles"} for topic in OF_PROFILES} | {PROFILE_FACTS.name: {"profiles", "operator"}}
WRITERS = {"collector", "streams", "rebuild", "operator"}
"""Who may write events: what people did, and the lines that tell the streams something."""


def said(*arguments):
    done = CliRunner().invoke(cli.register(), ["deploy", "acls", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@functools.cache
def on_topics(part):
    return {(one.name, one.operation) for one in acls.rights()[part] if one.resource == "topic"}


def may(part, operation, topic):
    return (topic.name, operation) in on_topics(part)


def test_each_topic_is_written_and_read_by_those_who_must():
    written = {topic.name: {part for part in acls.rights() if may(part, "Write", topic)} for topic in (*PUBLIC, *STATE)}
    read = {topic.name: {part for part in acls.rights() if may(part, "Read", topic)} for topic in (*PUBLIC, *STATE)}
    assert written[EVENTS.name] == WRITERS
    assert read[EVENTS.name] == {"streams"}
    assert written[REJECTED.name] == {"collector", "streams", "profiles", "sink", "webhooks", "operator"}
    for topic in (*PUBLIC, *STATE):
        assert written[topic.name], f"nobody writes {topic.name}"
        assert read[topic.name], f"nobody reads {topic.name}"
        if topic not in (EVENTS, REJECTED):
            assert written[topic.name] == OTHER_WRITERS.get(topic.name, {"streams"}), topic.name


def test_nobody_may_delete_alter_or_act_on_the_cluster():
    every = [one for found in acls.rights().values() for one in found]
    assert {one.operation for one in every} == {"Create", "Describe", "DescribeConfigs", "Read", "Write"}
    assert {one.resource for one in every} == {"topic", "group", "transactional-id"}
    assert all(one.operation in ("Create", "Describe", "DescribeConfigs") for one in every if one.resource == "topic" and one.prefixed)


def test_the_calls_give_what_the_values_say():
    given = set()
    for line in filter(None, said("--principal", "User:CN={user}").splitlines()):
        if line.startswith("#"):
            continue
        words = shlex.split(line)
        assert words[0] == "kafka-acls.sh"
        user = words[words.index("--allow-principal") + 1].removeprefix("User:CN=")
        operation, pattern = words[words.index("--operation") + 1], "prefixed" if "prefixed" in words else "literal"
        given |= {
            (user, kind, name, pattern, operation)
            for kind in ("topic", "group", "transactional-id")
            for flag, name in itertools.pairwise(words)
            if flag == f"--{kind}"
        }
    told = yaml.safe_load(said("--format", "yaml"))
    assert given == {(user, one["resource"], one["name"], one["pattern"], one["operation"]) for user, rows in told.items() for one in rows}


def test_grants_name_tables_that_the_schema_makes():
    known = {*tables(newest()), *views(newest()), grants.APPLIED, grants.EVERY}
    assert {grant.table for found in grants.rights().values() for grant in found} <= known


def test_the_sink_reads_nothing_that_it_stores_and_the_analyst_writes_nothing():
    sink = grants.rights()["sink"]
    assert {grant.table for grant in sink if "SELECT" in grant.privileges} == {grants.APPLIED}
    assert all(grant.table.startswith("ingest_") for grant in sink if "INSERT" in grant.privileges)
    assert {privilege for grant in grants.rights()["analyst"] for privilege in grant.privileges} == {"SELECT"}


@pytest.mark.parametrize(
    ("options", "databases"), [((), {"`shop`"}), (("--cluster", "all"), {"`shop`", "`shop_shard`", "shop_backup_*", "system", "*"})]
)
def test_grants_are_given_in_every_database_of_the_store(options, databases):
    lines = [line for line in said("--grants", "--database", "shop", *options).splitlines() if line.startswith("GRANT")]
    assert {line.partition(" ON ")[2].rpartition(" ON ")[2].partition(".")[0] for line in lines} == databases or not options
    assert all(("ON CLUSTER `all`" in line) == bool(options) for line in lines)


def test_no_password_stands_in_what_is_printed():
    made = [line for line in said("--grants").splitlines() if line.startswith("CREATE USER")]
    assert len(made) == len(grants.rights())
    assert all(grants.HASH in line for line in made)
