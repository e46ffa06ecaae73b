"""Entries of the audit log from the command line: they wait in the file that the console ships to Kafka."""

import getpass
import secrets
import time

from console.waiting import WaitingFile
from footprint.settings import Settings
from schemas.audit import Action
from schemas.codec import dumps


def waiting_file(settings: Settings) -> WaitingFile:
    """Return where entries wait for Kafka."""
    return WaitingFile(settings.data_dir / "audit-waiting")


def note(settings: Settings, action: Action, detail: str) -> None:
    """Record what was done by a command; on the disk when this returns, in the store when a console has run since."""
    entry = {"entry_id": secrets.token_hex(12), "at": time.time_ns() // 1_000_000, "site": "", "made_by": f"cli:{_user()}"}
    entry |= {"action": action.value, "customer_id": "", "who": "", "detail": detail, "address": ""}
    waiting_file(settings).append(dumps(entry))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "unknown"
