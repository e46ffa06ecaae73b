"""What the running streams say of their partitions, as an operator reads it."""

import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from schemas.errors import Retryable
from streams.metrics import BYTES, KEYS, LAG, TRIMMED, WATERMARK_LAG

PATIENCE_S = 5.0

Partitions = dict[tuple[str, int], dict[str, float]]
"""By hop and partition the values of its gauges."""


def read_partitions(exposed: str) -> Partitions:
    """Return the partitions that a text of metrics tells of."""
    found: Partitions = defaultdict(dict)
    for family in text_string_to_metric_families(exposed):
        if family.name in (LAG, WATERMARK_LAG, KEYS, BYTES, TRIMMED):
            for sample in family.samples:
                found[sample.labels["hop"], int(sample.labels["partition"])][sample.name] = sample.value
    return dict(found)


def partitions_of(health: Mapping[str, str], part: str = "streams") -> Partitions:
    """Return the partitions of all workers of a part, asked at their `/ready` addresses. Raises Retryable when one does not answer."""
    found: Partitions = {}
    for name, url in sorted(health.items()):
        if name.partition("-")[0] == part:
            found |= read_partitions(_metrics(name, url))
    return found


def told(partitions: Partitions) -> str:
    """Return one line for the whole, and one for each partition."""
    if not partitions:
        raise Retryable("No worker owns a partition yet. Wait until `/ready` of the streams answers 200, or look at their log.")
    size, keys = (sum(gauges[name] for gauges in partitions.values()) for name in (BYTES, KEYS))
    lines = [
        f"{len(partitions)} partitions, {sum(gauges[LAG] for gauges in partitions.values()):.0f} records behind, {size / 2**20:.1f} MiB of {keys:.0f} keys"
    ]
    for (hop, number), gauges in sorted(partitions.items()):
        trimmed = f", {gauges[TRIMMED]:.0f} trimmed" if gauges[TRIMMED] else ""
        state = f"{gauges[BYTES] / 2**20:.1f} MiB of {gauges[KEYS]:.0f} keys"
        lines.append(f"    {hop}/{number}: {gauges[LAG]:.0f} behind, watermark {gauges[WATERMARK_LAG]:.0f} s ago, {state}{trimmed}")
    return "\n".join(lines)


def _metrics(name: str, ready: str) -> str:
    url = ready.removesuffix("/ready") + "/metrics"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310  # an address of our own run file
            text: str = answer.read().decode()
            return text
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise Retryable(f"{name} does not answer at {url} ({error}). Look at its log, or restart `footprint up`.") from error
