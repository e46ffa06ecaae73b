"""What comes again from Kafka after a restore may name people who were forgotten since: they are erased until all of it has come.

A file of the data folder says that a restore is under way. The rebuild's process sees to it, with each of its rounds.
"""

import json
import urllib.error
import urllib.request
from pathlib import Path

from footprint.backup.erased import erase_again
from footprint.parts.connections import resolve_store
from footprint.parts.reaching import addresses
from footprint.settings import Settings
from sinks.clickhouse.client import StoreClient

NAME = "restored"
PATIENCE_S = 5.0


def expect(data_dir: Path) -> None:
    """Note that records come again."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data_dir / NAME).touch(0o600)


def expected(data_dir: Path) -> bool:
    """True while records come again that were stored before."""
    return (data_dir / NAME).exists()


def catch_up(settings: Settings) -> int:
    """Erase from what has come again whoever is to be forgotten; returns the removed rows. Done when the sink has stored all of it."""
    if not expected(settings.data_dir):
        return 0
    whole = _sink_has_all(settings)  # asked before: what it has stored by now is looked at
    client = StoreClient(resolve_store(settings, user="pipeline"))
    try:
        removed = erase_again(settings, client)
    finally:
        client.close()
    if whole:
        (settings.data_dir / NAME).unlink(missing_ok=True)
    return removed


def _sink_has_all(settings: Settings) -> bool:
    sinks = [url for name, url in addresses(settings).items() if name.partition("-")[0] == "sink"]
    return bool(sinks) and all(map(_has_all, sinks))


def _has_all(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310  # an address of our own settings or run file
            return bool(json.load(answer).get("lag") == 0)
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError):
        return False
