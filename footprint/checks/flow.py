"""The running parts: whether they are ready, what they have not done yet, and how old what they know is."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collector.spool_folder import SUFFIX
from footprint.parts.collector_delivery import spool_folder
from footprint.parts.reaching import addresses
from footprint.settings import Settings
from footprint.streaming import Partitions, partitions_of, told
from schemas.codec import loads
from schemas.errors import Misconfigured, Retryable
from streams.metrics import WATERMARK_LAG

PATIENCE_S = 5.0
STUCK_S = 60.0
"""Work that waits although nothing has come for so long is stuck."""
LATE_S = 7200.0
"""A watermark follows the clock, some minutes behind, wherever nothing comes."""
FULL = 0.8
PATIENT = ("rebuild", "webhooks")
"""Parts whose work may wait for long: for a session to end, for a receiver to come back."""

Answers = Mapping[str, Mapping[str, Any]]
"""What each part says at `/ready`, by name."""


def parts(settings: Settings) -> str:
    """Return that every part is ready; raises Retryable when one is not."""
    return judged_parts(_answers(settings))


def judged_parts(answers: Answers) -> str:
    """Judge whether parts are ready, and say why one is not."""
    for name, answer in answers.items():
        if not answer.get("ready"):
            reasons = ", ".join(f"{check}: {says}" for check, says in answer.get("checks", {}).items() if says != "ok")
            raise Retryable(f"{name} is not ready ({reasons or 'it does not answer'}). Look at its log.")
    return f"{len(answers)} ready: {', '.join(answers)}"


def lag(settings: Settings) -> str:
    """Return how many records each part has not done; raises Retryable when one does not get on."""
    return judged_lag(_answers(settings))


def judged_lag(answers: Answers) -> str:
    """Judge what waits: as long as records arrive it is under way, afterwards it is stuck."""
    waiting = {name: answer for name, answer in answers.items() if answer.get("lag") is not None}
    for name, answer in waiting.items():
        if answer["lag"] > 0 and (answer.get("idle_s") or 0) > STUCK_S and name not in PATIENT:
            raise Retryable(
                f"{name} has {answer['lag']:,} records to do and has not moved for {answer['idle_s']:.0f} s. Look at its log, then restart it."
            )
    return ", ".join(f"{name} {answer['lag']:,}" for name, answer in waiting.items()) or "nothing runs that has one"


def streams(settings: Settings) -> str:
    """Return lag, watermark and state of each partition of the streams."""
    return told(partitions_of(addresses(settings)))


def watermark(settings: Settings) -> str:
    """Return how far the streams' watermarks are behind the clock."""
    return told_watermark(partitions_of(addresses(settings)))


def told_watermark(partitions: Partitions) -> str:
    """Tell of the watermark that is furthest behind; a partition that has seen nothing has none.

    One that is hours behind is no fault by itself: for a minute after a start, and while only old events come, it is so.
    """
    behind = {name: gauges[WATERMARK_LAG] for name, gauges in partitions.items() if gauges[WATERMARK_LAG]}
    if not behind:
        return "no event has come yet"
    (hop, number), furthest = max(behind.items(), key=lambda pair: pair[1])
    said = f"{furthest:.0f} s behind the clock at most ({hop}/{number})"
    return said if furthest < LATE_S else f"{said}; if that stays for minutes, look at the streams' log: sessions do not end meanwhile"


def spool(settings: Settings) -> str:
    """Return what the collectors of this machine keep for Kafka; raises Misconfigured when it is nearly full, or nobody ships it."""
    folder = spool_folder(settings)
    if folder is None:
        return "none: the collector answers 503 while Kafka is away"
    return judged_spool(spooled_bytes(folder), settings.spool_max_bytes, running=bool(_answers(settings).get("collector", {}).get("ready")))


def spooled_bytes(folder: Path) -> int:
    """Return the bytes of events in a spool, of all workers."""
    return sum(path.stat().st_size for path in folder.glob(f"*/*{SUFFIX}"))


def judged_spool(held: int, limit: int, *, running: bool) -> str:
    """Judge what waits in a spool."""
    if held and not running:
        raise Misconfigured(
            f"{held:,} bytes of events wait in the spool and no collector is ready to ship them. Start one on this data folder."
        )
    if held > FULL * limit:
        raise Misconfigured(
            f"The spool holds {held:,} of {limit:,} bytes: then the collector answers 503. Bring Kafka back, or raise FOOTPRINT_SPOOL_MAX_BYTES."
        )
    return f"{held / 2**20:.1f} of {limit / 2**20:,.0f} MiB"


def _answers(settings: Settings) -> dict[str, Mapping[str, Any]]:
    return {name: _ready(url) for name, url in addresses(settings).items() if url.endswith("/ready")}


def _ready(url: str) -> Mapping[str, Any]:
    """Return what a part says; a 503 says it too."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310  # an address of our own settings or run file
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}
    try:
        found: Mapping[str, Any] = loads(body)
    except ValueError:
        return {}
    return found
