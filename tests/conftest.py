"""The broker and the store of this run, started once when the first test asks; and the last lines of the run, which say so."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import clickhouse_connect
import pytest
from hypothesis import settings

from footprint.parts.connections import store_of
from schemas.connections import KafkaConnection, StoreConnection
from tests.collector.broker import Broker
from tests.sinks.schema import shared_schema
from tests.support.browser import KEPT, Kept
from tests.support.containers import clickhouse_container, engine_answers, kafka_container
from tests.support.processes import rank_of, scheduler
from tests.support.servers import STARTED, LocalClickHouse, LocalKafka, running
from tests.support.sources import Source, Sources, choose
from tests.support.summary import Summary

__all__ = ["shared_schema"]

SUMMARY = pytest.StashKey[Summary]()


settings.register_profile("footprint", deadline=None)  # how long an example takes says more of the machine than of the code
settings.load_profile("footprint")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SUMMARY] = Summary()
    config.stash[KEPT] = Kept()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, so that several processes end together."""
    items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep tests together that share servers."""
    return scheduler(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    asked = getattr(item, "fixturenames", ())
    if "chromium" in asked:
        item.config.stash[SUMMARY].used_browser()
    if "line" in asked:
        item.config.stash[SUMMARY].used_line()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    try:
        return (yield)
    finally:
        item.config.stash[KEPT].leave(item, nextitem)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With CI set nothing may be skipped: a test that did not run proves nothing."""
    summary = session.config.stash[SUMMARY]
    summary.count(STARTED)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["summary"] = asdict(summary)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of the run used (a hook of pytest-xdist)."""
    told = getattr(node, "workeroutput", {}).get("summary")
    if told:
        node.config.stash[SUMMARY].merge(told)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the last lines."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not config.option.collectonly and not config.option.help:
        skipped = [report.longrepr[2].removeprefix("Skipped: ") for report in reporter.stats.get("skipped", [])]
        for line in config.stash[SUMMARY].lines(skipped):
            reporter.write_line(line)


@pytest.fixture(scope="session")
def sources(pytestconfig: pytest.Config) -> Sources:
    chosen = choose(os.environ, engine_answers)
    pytestconfig.stash[SUMMARY].containers = chosen.containers
    return chosen


@pytest.fixture(scope="session")
def kafka(sources: Sources, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[KafkaConnection]:
    """A Kafka with no topics of its own: use names that no other test uses."""
    if sources.broker is Source.NAMED:
        connection = KafkaConnection(os.environ["FOOTPRINT_KAFKA_BOOTSTRAP"])
        pytestconfig.stash[SUMMARY].broker = f"{sources.broker.value} ({connection.bootstrap})"
        yield connection
    elif sources.broker is Source.CONTAINER:
        with kafka_container() as connection:
            pytestconfig.stash[SUMMARY].broker = f"{sources.broker.value} ({connection.bootstrap})"
            yield connection
    else:
        with running(LocalKafka(tmp_path_factory.mktemp("kafka"))) as server:
            pytestconfig.stash[SUMMARY].broker = f"local Kafka 4.3.1 ({server.connection.bootstrap})"
            yield server.connection


@pytest.fixture(scope="session")
def private_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A local Kafka with the topics of the line, which a test may kill and freeze when it is well again afterwards."""
    with running(Broker(tmp_path_factory.mktemp("kafka"))) as broker:
        broker.prepare()
        yield broker


@pytest.fixture(scope="session")
def local_clickhouse(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[LocalClickHouse]:
    """The local ClickHouse itself, whatever the store of this run is."""
    with running(LocalClickHouse(tmp_path_factory.mktemp("clickhouse"))) as server:
        pytestconfig.stash[SUMMARY].store = f"local ClickHouse, chdb ({server.url})"
        yield server


@pytest.fixture(scope="session")
def store(sources: Sources, request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[StoreConnection]:
    """The store, as the user who may do everything; its database is `default`."""
    if sources.store is Source.NAMED:
        connection = replace(store_of(os.environ["FOOTPRINT_CLICKHOUSE_URL"]), database="default")
        pytestconfig.stash[SUMMARY].store = f"{sources.store.value} ({connection.url})"
        yield connection
    elif sources.store is Source.CONTAINER:
        with clickhouse_container() as connection:
            pytestconfig.stash[SUMMARY].store = f"{sources.store.value} ({connection.url})"
            yield connection
    else:
        server = request.getfixturevalue("local_clickhouse")
        yield server.connection()


@pytest.fixture(scope="session")
def analyst(store: StoreConnection, sources: Sources, request: pytest.FixtureRequest) -> StoreConnection:
    """The store as the analyst; where the store is not ours to set up, as the same user."""
    if sources.store is not Source.LOCAL:
        return store
    return request.getfixturevalue("local_clickhouse").connection("analyst")


@pytest.fixture
def database(store: StoreConnection) -> Iterator[StoreConnection]:
    """An empty database of the test's own, dropped after it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    client = clickhouse_connect.get_client(dsn=f"{store.url}/", username=store.user, password=store.password)
    try:
        client.command(f"CREATE DATABASE {name}")
        yield replace(store, database=name)
    finally:
        client.command(f"DROP DATABASE IF EXISTS {name}")
        client.close()
