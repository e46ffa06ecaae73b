"""Waits until a running line has stored everything it was sent."""

import time
from collections.abc import Mapping

import httpx2

from schemas.errors import Retryable
from sinks.clickhouse.client import StoreClient

POLL_S = 0.2
QUIET_S = 2.0
STORED = "SELECT uniqExact(event_id) FROM events_raw WHERE site = %(site)s"
UNCOUNTED = """
SELECT count()
FROM (SELECT customer_id, max(marked) AS marked FROM seen_customers WHERE site = %(site)s AND customer_id != '' GROUP BY customer_id) AS m
LEFT ANY JOIN (SELECT customer_id, max(version) AS version FROM customers_raw WHERE site = %(site)s GROUP BY customer_id) AS c
    ON c.customer_id = m.customer_id
WHERE c.version <= toUnixTimestamp64Milli(m.marked)
"""
"""Customers of whom something was stored after their row was counted (sinks/clickhouse/customers.py)."""


def await_stored(client: StoreClient, *, site: str, events: int, health: Mapping[str, str], seconds: float = 60.0) -> None:
    """Return when so many events of the site are stored, its customers counted, and no part has anything left to do.

    `health` is the `/ready` address of each part by its name.
    Raises Retryable when that takes longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    stored, waiting = 0, ["store"]
    while waiting:
        if time.monotonic() > deadline:
            raise Retryable(
                f"After {seconds:.0f} s {stored} of {events} events are stored; waiting for {', '.join(waiting)}. Run it again."
            )
        time.sleep(POLL_S)
        stored = int(client.rows(STORED, {"site": site})[0][0])
        waiting = ["store"] if stored < events else [name for name, url in health.items() if not is_idle(url)]
        if not waiting and client.rows(UNCOUNTED, {"site": site})[0][0]:
            waiting = ["customers' rows"]


def is_idle(url: str) -> bool:
    """True when the part whose `/ready` this is has no lag and nothing has come for two seconds."""
    try:
        status = httpx2.get(url, timeout=5).json()
    except (httpx2.HTTPError, ValueError):
        return False
    return bool(status.get("ready")) and status.get("lag") == 0 and (status.get("idle_s") or 0) >= QUIET_S
