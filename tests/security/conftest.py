"""One secured Kafka for all tests of this folder, started once."""

import pytest

from footprint import topics
from footprint.deploy import acls
from footprint.settings import Settings
from tests.security import rights
from tests.security.secured import ROOT, SecuredKafka
from tests.support.authority import Authority
from tests.support.servers import in_own_loop, running


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def passwords():
    return {name: f"{name}-hunter2" for name in (ROOT, *map(acls.user_of, acls.rights()))}


@pytest.fixture(scope="session")
def secured_kafka(authority, passwords, tmp_path_factory):
    with running(SecuredKafka(tmp_path_factory.mktemp("secured-kafka"), authority, passwords)) as server:
        for principal in ("User:{user}", "User:CN={user}"):
            rights.give(server.connection, principal)
        in_own_loop(topics.create, server.connection, Settings(partitions=2))
        yield server
