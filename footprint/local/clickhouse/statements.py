"""What a request of the HTTP interface asks for: rows to insert, or a statement to run."""

import re
from dataclasses import dataclass

HEAD_BYTES = 64 * 1024
"""An INSERT's words before its rows end within this."""

INSERT = re.compile(rb"\s*INSERT\s+INTO\b(?P<target>.*?)\bFORMAT\s+(?P<format>\w+)[ \t]*;?(?:\r?\n|[ \t]|$)", re.IGNORECASE | re.DOTALL)
NOT_ROWS = re.compile(rb"\b(SELECT|VALUES|WITH|WATCH)\b", re.IGNORECASE)
IN_BRACKETS_OR_QUOTES = re.compile(rb"`[^`]*`|\"[^\"]*\"|'[^']*'|\([^()]*\)")
FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*(?:\bSETTINGS\b[\w\s=.,'-]*)?;?\s*$", re.IGNORECASE)
READS = re.compile(r"[\s(]*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS)\b", re.IGNORECASE)
STREAMS = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
WHOLE = re.compile(r"\b(TOTALS|extremes|output_format_json_array_of_rows)\b", re.IGNORECASE)
"""Words of results that end otherwise than they go on: the engine does not put that into chunks."""
SETTING = re.compile(r"[A-Za-z_]\w*")

STREAMED = frozenset(
    {
        "Native", "RowBinary", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV", "TSKV", "LineAsString",
        "JSONEachRow", "JSONLines", "NDJSON", "JSONStringsEachRow", "JSONCompactEachRow", "JSONCompactStringsEachRow",
    }
)  # fmt: skip
"""Formats whose chunks can be joined."""

RESERVED = frozenset(
    {
        "query", "database", "default_format", "user", "password", "session_id", "session_timeout", "session_check", "query_id",
        "quota_key", "compress", "decompress", "wait_end_of_query", "buffer_size", "client_protocol_version", "role",
        "enable_http_compression", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close", "http_zlib_compression_level", "close_session",
        "network_compression_method", "network_zstd_compression_level", "http_native_compression_disable_checksumming_on_decompress",
    }
)  # fmt: skip
"""Parameters of a request that are no settings of the query."""


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows that came with the request: `target` is what stands after INSERT INTO."""

    target: str
    format: str
    rows: bytes


@dataclass(frozen=True, slots=True)
class Statement:
    """Anything else. `streams`: its result may be sent in chunks. `reads`: it has a result at all."""

    text: str
    format: str
    streams: bool
    reads: bool


def read_request(query: str, body: bytes, default_format: str) -> Insert | Statement:
    """Return what `query` (of the address) and `body` ask for together, as ClickHouse joins them.

    Raises UnicodeDecodeError when a statement is not UTF-8.
    """
    before = query.encode() + b"\n" * bool(query and body)
    found = INSERT.match(before + body[:HEAD_BYTES], 0, HEAD_BYTES)
    if found and not NOT_ROWS.search(_bare(found["target"])):
        start = found.end() - len(before)
        rows = body[start:] if start >= 0 else before[start:] + body  # a body of rows only is not copied
        return Insert(found["target"].decode().strip(), found["format"].decode(), rows)
    statement = (before + body).decode()
    named = FORMAT.search(statement)
    format_ = named[1] if named else default_format
    streams = format_ in STREAMED and bool(STREAMS.match(statement)) and not WHOLE.search(statement)
    return Statement(statement, format_, streams=streams, reads=bool(READS.match(statement)))


def _bare(target: bytes) -> bytes:
    """The words of an INSERT's target outside quotes and column lists, where a column may be named `values`."""
    before = b""
    while before != target:
        before, target = target, IN_BRACKETS_OR_QUOTES.sub(b" ", target)
    return target


def settings_of(parameters: dict[str, str]) -> dict[str, str]:
    """Return the parameters of a request that are settings of its query."""
    return {
        name: value
        for name, value in parameters.items()
        if name not in RESERVED and not name.startswith("param_") and SETTING.fullmatch(name)
    }


def query_parameters(parameters: dict[str, str]) -> dict[str, str]:
    """Return the values for `{name:Type}` places of the query."""
    return {name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")}


def literal(value: str) -> str:
    """Return a string literal of SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """Return a quoted name of SQL."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
