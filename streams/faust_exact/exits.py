"""How the process ends when it must not go on: at once, without cleaning up, with a code that says why.

Nothing is lost by that: what was not committed is fetched again by the next owner.
"""

import os
import sys
from enum import IntEnum
from typing import Any, NoReturn

import structlog

from streams.core.planning import StateTooLarge

log = structlog.get_logger(__name__)


class ExitCode(IntEnum):
    """Why a streams process ended by itself."""

    FAILED = 70
    """An agent raised: a bug, or a broker that stayed away too long."""
    STATE_TOO_LARGE = 71
    """One state record is larger than the state topic takes."""
    STATE_UNREADABLE = 72
    """The state topic holds what this version cannot have written, or does not fit the source topic."""
    FAUST_CRASHED = 75
    """Faust's consumer or one of its services crashed."""
    FROZEN = 76
    """The process did not run for half a session: its partitions may have another owner."""
    FENCED = 77
    """Another owner has taken over a partition."""
    STUCK = 78
    """The event loop did not turn for a whole session."""


class StateUnreadable(Exception):
    """A state topic does not hold what it should."""


def code_of(error: BaseException) -> ExitCode:
    """Return the exit code for what an agent or a timer raised."""
    if isinstance(error, StateTooLarge):
        return ExitCode.STATE_TOO_LARGE
    if isinstance(error, StateUnreadable):
        return ExitCode.STATE_UNREADABLE
    if "Fenced" in type(error).__name__:  # aiokafka has several, for producers and group members
        return ExitCode.FENCED
    return ExitCode.FAILED


def die(code: ExitCode, why: str, **fields: Any) -> NoReturn:
    """Log why and end the process."""
    log.critical("streams_ended", code=int(code), reason=code.name.lower(), why=why, **fields)
    sys.stderr.flush()
    os._exit(code)
