"""Gives Kafka's users their rights, and says which rights in ClickHouse a statement takes."""

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import parse_qs, urlsplit

import httptools
from aiokafka.conn import create_conn
from aiokafka.protocol.admin import CreateAclsRequest_v1
from aiokafka.protocol.api import Request

from footprint.deploy import acls
from footprint.deploy.grants import APPLIED
from schemas.transport import client_options
from sinks.clickhouse.schema import newest, tables, views

RESOURCES = {"topic": 2, "group": 3, "transactional-id": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
ALLOW = 3
SELECTED = re.compile(r"\s*(?:\([^)]*\))?\s*SELECT\b")
"""What follows the table of an insert that takes its rows from others; else come the rows themselves."""

WRITES = (
    (re.compile(r"\s*INSERT INTO (?:`?\w+`?\.)?`?(\w+)"), "INSERT"),
    (re.compile(r"\s*(?:DELETE FROM|ALTER TABLE(?= \w+ (?:APPLY DELETED MASK|DROP PARTITION))) (\w+)"), "ALTER DELETE"),
    (re.compile(r"\s*ALTER TABLE (\w+) UPDATE\b"), "ALTER UPDATE"),
    (re.compile(r"\s*OPTIMIZE TABLE (\w+)"), "OPTIMIZE"),
    (re.compile(r"\s*ALTER TABLE (\w+) (?!APPLY DELETED MASK|DROP PARTITION|UPDATE)"), "ALTER TABLE"),
)


class CreateAcls(Request[CreateAclsRequest_v1]):
    """All rights in one request."""

    API_KEY = 30

    def __init__(self, rows):
        self._rows = rows

    def build(self, request_struct_class):
        return request_struct_class(self._rows)


def give(connection, principal: str) -> None:
    """Give every part's user its rights, as `footprint deploy acls --principal ...` says."""
    rows = [
        (
            RESOURCES[one.resource],
            one.name,
            4 if one.prefixed else 3,
            principal.format(user=acls.user_of(part)),
            "*",
            OPERATIONS[one.operation],
            ALLOW,
        )
        for part, found in acls.rights().items()
        for one in found
    ]
    asyncio.run(_send(connection, rows))


async def _send(connection, rows):
    options = client_options(connection)
    host, _, port = options.pop("bootstrap_servers").rpartition(":")
    opened = await create_conn(host, int(port), **options)
    try:
        answer = await opened.send(CreateAcls(rows))
    finally:
        await opened.close()
    assert all(code == 0 for code, _ in answer.creation_responses), answer


@cache
def _names() -> frozenset[str]:
    return frozenset({*tables(newest()), *views(newest()), APPLIED})


@cache
def needed(statement: str) -> set[tuple[str, str]]:
    """Return what a statement takes: privilege and table."""
    names = _names()
    for pattern, privilege in WRITES:
        if found := pattern.match(statement):
            rest = statement[found.end() :] if SELECTED.match(statement[found.end() :]) else ""
            return {(privilege, found[1])} | {("SELECT", word) for word in re.findall(r"\w+", rest) if word in names}
    if re.match(r"\s*(CREATE|DROP|BACKUP)\b", statement):
        return {(statement.split(maxsplit=1)[0], "*")}
    return {("SELECT", word) for word in re.findall(r"\w+", statement) if word in names}


def statements(said: bytes) -> Iterator[str]:
    """Yield the statements of one connection to ClickHouse's HTTP interface."""
    seen = _Requests()
    httptools.HttpRequestParser(seen).feed_data(said)
    yield from seen.found


class _Requests:
    def __init__(self):
        self.found: list[str] = []

    def on_message_begin(self):
        self._url, self._body = b"", bytearray()

    def on_url(self, url):
        self._url += url

    def on_body(self, body):
        self._body += body

    def on_message_complete(self):
        query = parse_qs(urlsplit(self._url.decode()).query).get("query", [""])[0]
        self.found.append(query or self._body.decode("utf-8", "replace"))
