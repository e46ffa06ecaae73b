"""Publishing segments: told to the profiles by lines they cannot miss, read back from the topic they write."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from footprint.parts.connections import resolve_kafka
from footprint.publishing import latest_of, send_lines
from footprint.settings import Settings
from schemas.errors import Misconfigured
from schemas.segments import PublishedSegments
from schemas.topics import MAX_RECORD_BYTES, PROFILE_FACTS, SEGMENT_DEFINITIONS
from streams.core.segment_book import require_new, segments_line
from streams.core.segments import Segments, read_segments

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published. `runs` False: it is durable, and the profiles have not said yet that they go by it."""

    site: str
    version: str
    segments: tuple[str, ...]
    runs: bool


def load(path: Path) -> tuple[str, Segments]:
    """Read a file of segments: its text, and what it says. Raises Misconfigured with every mistake in it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Misconfigured(f"{path} cannot be read: {reason}. Name a file of segments.") from None
    found = read_segments(text, str(path))
    if len(text.encode()) > MAX_RECORD_BYTES // 2:
        raise Misconfigured(f"{path} has more than {MAX_RECORD_BYTES // 2} bytes. Leave out what is not needed.")
    return text, found


def running(settings: Settings, site: str) -> PublishedSegments | None:
    """Return the segments that a site has published, None before the first. Raises Retryable when the broker is away."""
    return asyncio.run(_running(settings, site))


def publish(settings: Settings, site: str, path: Path, *, wait_s: float) -> Publication:
    """Publish a file of segments for a site, and wait until the profiles go by it.

    Raises Misconfigured when it is none, or a version comes back with other content; Retryable when the broker is away. It can be
    run again: what runs already changes nothing.
    """
    text, found = load(path)
    known = running(settings, site)
    if known and known.text != text:
        require_new(found.version, known.model_dump())
    at = time.time_ns() // 1_000_000
    lines = [segments_line(site, text, partition=partition, at=at) for partition in range(settings.partitions)]
    runs = asyncio.run(_send_and_follow(settings, site, lines, text=text, wait_s=wait_s))
    return Publication(site, found.version, tuple(found.segments), runs)


async def _send_and_follow(settings: Settings, site: str, lines: Sequence[bytes], *, text: str, wait_s: float) -> bool:
    """Send the lines, and wait until the profiles say that they go by this text; False when they do not in time."""
    await send_lines(resolve_kafka(settings), PROFILE_FACTS, lines)
    deadline = time.monotonic() + wait_s
    while True:
        found = await _running(settings, site)
        if found and found.text == text:
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)


async def _running(settings: Settings, site: str) -> PublishedSegments | None:
    found = await latest_of(settings, SEGMENT_DEFINITIONS, site)
    return PublishedSegments.model_validate_json(found) if found else None
