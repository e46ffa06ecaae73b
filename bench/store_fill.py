"""A store that is filled once, to the state of a day like any, and asked by one bench or several.

With FILLED=FOLDER in the environment the data stays in that folder, and the next bench of the same SIZE finds it there instead of filling for minutes.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.store_line import StoreLine, fill, fill_mails, store_line
from bench.store_rows import DAYS, SITE, Shop
from sinks.clickhouse.rollups import refresh

LEFT = """
SELECT count() FROM (SELECT partition FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events_raw'
AND partition < toString(toStartOfQuarter(today())) GROUP BY partition HAVING count() > 1)
"""
FORCE = "ALTER TABLE events_raw MODIFY SETTING min_age_to_force_merge_seconds = "
TODAY = f"INSERT INTO rollup_marks SELECT '{SITE}', today(), toUnixTimestamp64Milli(now64(3)) + 1000"
"""As on a day on which events come: its rollup is not used."""


@contextlib.contextmanager
def filled_line(size: int, *, letters: bool = False) -> Iterator[StoreLine]:
    """Yield a store with so many events of a shop, and with its e-mails where they are asked for."""
    told = os.environ.get("FILLED", "")
    folder = Path(told) if told else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with store_line(folder, broker=False) as line:
        _complete(line, size, letters=letters)
        yield line


def put(line: StoreLine, shop: Shop) -> None:
    """Fill the store and bring it to the state of a day like any."""
    patience_s = max(1200.0, shop.events / 10_000)
    fill(line, shop)
    line.merged(patience_s / 2)
    line.client.command(f"{FORCE}1")
    deadline = time.monotonic() + patience_s
    while line.client.rows(LEFT)[0][0] and time.monotonic() < deadline:
        time.sleep(0.5)
    line.client.command(f"{FORCE}3600")
    settle(line)


def settle(line: StoreLine) -> None:
    """Count what is counted ahead, as long after the last event of the days that are over."""
    refresh(line.client, settle_s=0.0, limit=10 * DAYS)
    line.client.command(TODAY)


def _complete(line: StoreLine, size: int, *, letters: bool) -> None:
    """Put in what the folder does not hold yet."""
    done = line.folder / "filled.json"
    held = json.loads(done.read_text()) if done.exists() else {}
    if held and held["events"] != size:
        raise SystemExit(f"{line.folder} holds {held['events']:,} events. Name another folder in FILLED, or SIZE={held['events']}.")
    shop = Shop(size, held.get("start_ms", int(time.time() * 1000) - DAYS * 86_400_000))
    if not held:
        put(line, shop)
    if letters and not held.get("letters"):
        fill_mails(line, shop)
        line.merged()
        settle(line)
    done.write_text(json.dumps({"events": size, "start_ms": shop.start_ms, "letters": letters or held.get("letters", False)}))
