"""What this server's protocol revision is: 0.

The engine writes Native blocks as every revision reads them from a file, without what revisions added on the wire. A
client that reads more asks for the revision first, in a query whose own answer it expects in the newest form.
"""

import struct
from collections.abc import Mapping

from footprint.local.clickhouse.lexer import Unreadable, tokens

HELLO = ["SELECT", "DISPLAYNAME", "(", ")", ",", "VERSION", "(", ")", ",", "REVISION", "(", ")", ",", "TIMEZONE", "(", ")"]
FLAGGED = 54454
"""From here on a column says how it is serialized."""
BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
USUALLY = b"\x00"
DISPLAY_NAME = "footprint-local"
REVISION = 0


def asks_revision(statement: str, parameters: Mapping[str, str]) -> bool:
    """True when a client that speaks revisions asks for this server's."""
    spoken = parameters.get("client_protocol_version", "")
    if not (spoken.isdigit() and int(spoken) >= FLAGGED):
        return False
    try:
        return [token.text.upper() for token in tokens(statement)] == HELLO
    except Unreadable:
        return False


def hello(version: str) -> bytes:
    """Return the answer: one Native block in the form of the newest revisions."""
    columns = (
        _column("displayName()", "String", _text(DISPLAY_NAME)),
        _column("version()", "String", _text(version)),
        _column("revision()", "UInt32", struct.pack("<I", REVISION)),
        _column("timezone()", "String", _text("UTC")),
    )
    return BLOCK_INFO + bytes((len(columns), 1)) + b"".join(columns)


def _column(name: str, kind: str, value: bytes) -> bytes:
    return _text(name) + _text(kind) + USUALLY + value


def _text(value: str) -> bytes:
    raw = value.encode()
    return bytes((len(raw),)) + raw
