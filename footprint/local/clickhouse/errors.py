"""Errors as ClickHouse's HTTP interface tells them: a status, a code, and `Code: N. DB::Exception: ...`."""

import re
from dataclasses import dataclass

BAD_ARGUMENTS = 36
SYNTAX_ERROR = 62
READONLY = 164
TOO_MANY_BYTES = 307
SESSION_IS_LOCKED = 373
SESSION_NOT_FOUND = 372
AUTHENTICATION_FAILED = 516
UNKNOWN_EXCEPTION = 1002

NOT_FOUND = frozenset({46, 47, 60, 81, 82, 107, SESSION_NOT_FOUND})
FORBIDDEN = frozenset({READONLY, 497, AUTHENTICATION_FAILED})
BAD_REQUEST = frozenset({6, 27, BAD_ARGUMENTS, 41, 43, 53, SYNTAX_ERROR, 70, 115, 117, 457})
CODE = re.compile(r"Code: (\d+)\. ")


@dataclass(frozen=True, slots=True)
class Failure:
    """What a client is told about a request that failed."""

    code: int
    message: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        if self.code in NOT_FOUND:
            return 404
        if self.code in FORBIDDEN:
            return 403
        if self.code == TOO_MANY_BYTES:
            return 413
        return 400 if self.code in BAD_REQUEST else 500


def failure(code: int, name: str, message: str) -> Failure:
    """Return a failure of our own, in the form of the engine's."""
    return Failure(code, f"Code: {code}. DB::Exception: {message} ({name})")


def failure_of(error: Exception) -> Failure:
    """Return what the engine's exception says."""
    text = str(error)
    found = CODE.search(text)
    if not found:
        return failure(UNKNOWN_EXCEPTION, "UNKNOWN_EXCEPTION", text)
    return Failure(int(found[1]), text[found.start() :])
