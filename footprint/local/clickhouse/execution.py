"""One request of the HTTP interface, run on the engine: as whom, with which settings, and what comes back."""

import json
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import cast

from footprint.local.clickhouse.analyst import limited, refuse_hidden_names, refuse_unless_reading
from footprint.local.clickhouse.authentication import ANALYST
from footprint.local.clickhouse.engine import Engine, EngineError, Handle
from footprint.local.clickhouse.errors import SESSION_NOT_FOUND, failure
from footprint.local.clickhouse.external import External, place, remove
from footprint.local.clickhouse.revisions import DISPLAY_NAME, asks_revision, hello
from footprint.local.clickhouse.sessions import DEFAULT_TIMEOUT_S, Sessions
from footprint.local.clickhouse.statements import Insert, Statement, literal, query_parameters, read_request, settings_of

READ_ONLY = "1"
READ_ONLY_BUT_SETTINGS = "2"
NAME = "log_comment"
"""The setting by which a running query is found: the engine gives queries ids of its own, and keeps no log of them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `changing` is False for a GET, which may not change anything; `name` is what `cancel` calls it."""

    user: str
    parameters: dict[str, str]
    body: bytes
    changing: bool
    external: tuple[External, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out. `close` must be called at the end: it gives back the connection of a streamed result."""

    headers: dict[str, str] = field(default_factory=dict)
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    close: Callable[[], None] = lambda: None


class SessionMissing(RuntimeError):
    """`session_check=1` named a session that is not open."""


class Execution:
    """Runs requests on one engine. Its methods block; call them from threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions = Sessions(engine.handle)

    def run(self, request: Request) -> Answer:
        """Run a request; raises what the engine raises, Refused, SessionBusy and SessionMissing."""
        given = dict(request.parameters)
        asked = read_request(given.get("query", ""), request.body, given.get("default_format", "TabSeparated"))
        if request.user == ANALYST:
            statement = asked.text if isinstance(asked, Statement) else "INSERT"
            refuse_unless_reading(statement, self._engine.blocked)
            refuse_hidden_names(statement, given.get("database", ""), query_parameters(given).values())
        headers = _headers(given)
        with ExitStack() as borrowed:
            cancellable = isinstance(asked, Statement) and asked.reads
            handle = borrowed.enter_context(self._handle(request, {NAME: request.name} if cancellable and request.name else {}))
            if isinstance(asked, Insert):
                return _inserted(handle, asked, headers)
            if asks_revision(asked.text, given):
                return Answer(headers | {"X-ClickHouse-Format": "Native"}, iter((hello(handle.lines("SELECT version()")[0]),)))
            if asked.streams and given.get("wait_end_of_query") != "1":
                answer = _streamed(handle, asked, request, borrowed)
                return replace(answer, headers=headers | answer.headers)
            return _ran(handle, asked, given, headers)

    def cancel(self, name: str) -> None:
        """End the query of a request by its name, if it reads and is running."""
        handle = self._engine.handle()
        try:
            handle.command(f"KILL QUERY WHERE Settings[{literal(NAME)}] = {literal(name)} ASYNC")
        finally:
            handle.close()

    @contextmanager
    def _handle(self, request: Request, naming: dict[str, str]) -> Iterator[Handle]:
        """Lend a connection with the request's database and settings in force, and take the settings back after."""
        settings = settings_of(request.parameters)
        session_id = request.parameters.get("session_id", "")
        if request.user == ANALYST:
            yield from self._fresh(request, limited(settings) | naming, READ_ONLY)
        elif not request.changing:
            yield from self._fresh(request, settings | naming, READ_ONLY_BUT_SETTINGS)
        elif not session_id:
            yield from self._fresh(request, settings | naming, "")
        else:
            yield from self._kept(session_id, request, settings | naming)

    def _fresh(self, request: Request, settings: dict[str, str], readonly: str) -> Iterator[Handle]:
        handle = self._engine.handle()
        try:
            _use(handle, request)
            handle.set(settings)
            place(handle, request.external)
            if readonly:
                handle.set({"readonly": readonly})
            yield handle
        finally:
            handle.close()

    def _kept(self, session_id: str, request: Request, settings: dict[str, str]) -> Iterator[Handle]:
        if request.parameters.get("session_check") == "1" and session_id not in self._sessions:
            raise SessionMissing(failure(SESSION_NOT_FOUND, "SESSION_NOT_FOUND", "Session not found").message)
        timeout = request.parameters.get("session_timeout", "")
        with self._sessions.using(session_id, float(timeout) if timeout.isdigit() else DEFAULT_TIMEOUT_S) as handle:
            _use(handle, request)
            before = handle.current(settings) if settings else {}
            try:
                handle.set(settings)
                place(handle, request.external)
                yield handle
            finally:
                remove(handle, request.external)
                # A setting sent with a request is that request's alone: a token that stayed would drop the next insert.
                handle.set(before)


def _use(handle: Handle, request: Request) -> None:
    if database := request.parameters.get("database"):
        handle.use(database)


def _headers(parameters: dict[str, str]) -> dict[str, str]:
    return {
        "X-ClickHouse-Server-Display-Name": DISPLAY_NAME,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Query-Id": parameters.get("query_id") or str(uuid.uuid4()),
    }


def _summary(numbers: dict[str, str], began: int) -> dict[str, str]:
    return {"X-ClickHouse-Summary": json.dumps(numbers | {"elapsed_ns": str(time.perf_counter_ns() - began)})}


def _inserted(handle: Handle, rows: Insert, headers: dict[str, str]) -> Answer:
    began = time.perf_counter_ns()
    return Answer(headers | _summary(handle.insert(rows), began))


def _ran(handle: Handle, statement: Statement, parameters: dict[str, str], headers: dict[str, str]) -> Answer:
    began = time.perf_counter_ns()
    result, numbers = handle.run(statement, query_parameters(parameters))
    shape = {"X-ClickHouse-Format": statement.format} if result or statement.reads else {}
    return Answer(headers | shape | _summary(numbers, began), iter((result,) if result else ()))


def _streamed(handle: Handle, statement: Statement, request: Request, borrowed: ExitStack) -> Answer:
    """Start a streamed result. An error before the first chunk is raised here, a later one stands in the stream."""
    chunks = cast("Generator[bytes]", handle.stream(statement, query_parameters(request.parameters)))
    borrowed.callback(chunks.close)  # before the connection is given back
    first = next(chunks, b"")
    tag = uuid.uuid4().hex[:16]
    return Answer(
        {"X-ClickHouse-Format": statement.format, "X-ClickHouse-Exception-Tag": tag},
        _with_errors(first, chunks, tag),
        borrowed.pop_all().close,
    )


def _with_errors(first: bytes, chunks: Iterator[bytes], tag: str) -> Iterator[bytes]:
    try:
        if first:
            yield first
        yield from chunks
    except EngineError as error:  # the status has been sent: the client finds the error by its tag
        message = str(error).encode()
        yield b"\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n" % (tag.encode(), message, len(message) + 1, tag.encode())
