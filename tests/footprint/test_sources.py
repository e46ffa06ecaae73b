"""Where the tests take broker and store from."""

import pytest

from tests.support.sources import Source, choose
from tests.support.summary import Summary

BROKER = {"FOOTPRINT_KAFKA_BOOTSTRAP": "broker:9092"}
STORE = {"FOOTPRINT_CLICKHOUSE_URL": "http://store:8123"}
WANTED = {"FOOTPRINT_TEST_CONTAINERS": "1"}


@pytest.mark.parametrize(
    ("environ", "answers", "broker", "store", "containers"),
    [
        ({}, False, Source.LOCAL, Source.LOCAL, "not run: no Docker engine answers"),
        ({}, True, Source.LOCAL, Source.LOCAL, "not run: FOOTPRINT_TEST_CONTAINERS is not 1"),
        (WANTED, True, Source.CONTAINER, Source.CONTAINER, "used"),
        (WANTED, False, Source.LOCAL, Source.LOCAL, "not run: no Docker engine answers"),
        (BROKER, False, Source.NAMED, Source.LOCAL, "not run: no Docker engine answers"),
        (STORE | WANTED, True, Source.CONTAINER, Source.NAMED, "used"),
        (BROKER | STORE | WANTED, True, Source.NAMED, Source.NAMED, "not run: settings name broker and store"),
    ],
)
def test_settings_come_before_containers_and_containers_before_local_servers(environ, answers, broker, store, containers):
    chosen = choose(environ, lambda: answers)
    assert (chosen.broker, chosen.store, chosen.containers) == (broker, store, containers)


def test_the_engine_is_not_asked_when_settings_name_both():
    def asked():
        raise AssertionError("asked")

    choose(BROKER | STORE, asked)


def test_the_last_lines_name_what_was_used_and_what_was_skipped():
    lines = Summary(broker="local Kafka", containers="not run: no Docker engine answers").lines(["no browser", "no browser", "slow"])
    assert "broker:     local Kafka" in lines
    assert "store:      not used" in lines
    assert "containers: not run: no Docker engine answers" in lines
    assert lines[-1] == "skipped:    2 x no browser; 1 x slow"
