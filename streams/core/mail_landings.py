"""Pages that the clicks of e-mails led to: once somebody has read one, the click is a person's (docs/semantics.md, section 9).

State of a visitor: `landed` by page view `[click id, event time]`, until it was read. Whether it was, the session knows, which adds up
the engagement of each of its page views: so it does not matter which is heard of first.
"""

from typing import Any

from schemas.codec import partition_of
from schemas.topics import TRACKED
from streams.core.enrich import PAGE_VIEW
from streams.core.lines import read_line
from streams.core.pages import OWN_CLICK
from streams.core.rules import VisitorRules
from streams.core.sessions import TOTALS, Session
from streams.core.totals import PAGES
from streams.core.tracked_line import CONTROL_FIELDS
from streams.core.work import Outputs, Value

READ_MS = 1_000
"""Engagement with a page from which on it was read."""
MAX_LANDED = 16

TYPES = {"site": str, "visitor_id": str, "customer_id": str, "event_id": str, "event_time": int, "received_at": int}


def follow(tracked: dict[str, Any], value: Value, session: Session | None, out: Outputs, *, rules: VisitorRules) -> None:
    """Note a person's page view that a click led to, and tell when it was read. `session` is that of the event."""
    pageview = tracked.get("pageview_id", "")
    landed: dict[str, list[Any]] = value.get("landed", {})
    if tracked["kind"] == PAGE_VIEW and pageview and tracked.get("traffic", "human") == "human":
        click = tracked.get("click_id", "")
        if click.startswith(OWN_CLICK):
            landed[pageview] = [click.removeprefix(OWN_CLICK), tracked["event_time"]]
            while len(landed) > MAX_LANDED:
                del landed[min(landed, key=lambda one: (landed[one][1], one))]
            value["landed"] = landed
    if pageview in landed and session and _engaged_ms(session, pageview) >= READ_MS:
        click_id, at = landed.pop(pageview)
        line = {"control": "landed"} | {name: tracked.get(name, "") for name in CONTROL_FIELDS}
        line |= {"event_time": at, "customer_id": "", "click_id": click_id, "props": {"link": rules.site(tracked["site"]).link_by_mail}}
        out.write_line(TRACKED, partition_of(tracked["site"], click_id, rules.partitions), line)
        out.counts["email_clicks_landed"] += 1
    if not landed:
        value.pop("landed", None)


def linking(encoded: bytes) -> dict[str, Any] | None:
    """Return a `mailed` line as the event that links its visitor, None when it cannot be read."""
    line = read_line(encoded, TYPES)
    if line is None or not (line["visitor_id"] and line["customer_id"]):
        return None
    clocks = {"sent_at": line["received_at"], "ts_source": "server", "skew_ms": 0}
    return {name: line[name] for name in TYPES} | clocks | {"kind": "identify"}


def _engaged_ms(session: Session, pageview: str) -> int:
    page = session[TOTALS][PAGES].get(pageview)
    return sum(delta[2] for delta in page[1].values()) if page else 0
