"""Every score of the demo by hand: what `why` says of its rules, added up."""

import math
import time
from collections import defaultdict

from sinks.clickhouse.client import StoreClient

BOUNDS = "SELECT customer_id, score, floor, ceiling FROM scores_raw FINAL WHERE site = %(site)s AND customer_id != ''"
WHY = "SELECT score, rule, points, shown FROM why(site = %(site)s, customer = %(customer)s)"
SAME = 1e-6
PATIENCE_S, POLL_S = 10.0, 0.5


def explained(client: StoreClient, site: str) -> str:
    """Add up the contributions to each score of each customer, and return in words how many are not what is shown."""
    bounds: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for customer, score, floor, ceiling in client.rows(BOUNDS, {"site": site}):
        bounds[customer][score] = floor, ceiling
    until = time.monotonic() + PATIENCE_S
    differ = sum(_settled(client, site, customer, bounds=scores, until=until) for customer, scores in bounds.items())
    return f"added up from `why`: {len(bounds)} customers, {sum(map(len, bounds.values()))} scores; {differ} are not what is shown"


def _settled(client: StoreClient, site: str, customer: str, *, bounds: dict[str, tuple[float, float]], until: float) -> int:
    """Return how many scores differ, a while later too: a score and the change that made it are stored one after the other."""
    while (differ := _differing(client, site, customer, bounds)) and time.monotonic() < until:
        time.sleep(POLL_S)
    return differ


def _differing(client: StoreClient, site: str, customer: str, bounds: dict[str, tuple[float, float]]) -> int:
    points: dict[str, list[float]] = {score: [] for score in bounds}
    shown: dict[str, float] = {}
    for score, rule, contributed, value in client.rows(WHY, {"site": site, "customer": customer}):
        shown[score] = value
        if rule != "clamp" and score in points:  # a score may have begun since
            points[score].append(contributed)
    return sum(score not in shown or abs(_clamped(points[score], *bounds[score]) - shown[score]) > SAME for score in bounds)


def _clamped(points: list[float], floor: float, ceiling: float) -> float:
    value = min(ceiling, max(floor, math.fsum(points)))
    return 0.0 if abs(value) < 0.01 else value
