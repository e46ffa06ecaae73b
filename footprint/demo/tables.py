"""What the demo asks the store, and how the answers look as tables."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.cookbook import bind, find_recipe

SESSIONS = """
SELECT toString({by}) AS value, count(), uniqExact(visitor_id), round(100 * countIf(engaged) / count()), round(avg(page_views), 1),
       round(avg(engaged_ms) / 1000), sum(s.value)
FROM sessions AS s WHERE site = %(site)s GROUP BY value ORDER BY count() DESC, value
"""
SCORES = """
SELECT subject, band, round(value, 1) AS shown, arrayMap(reason -> (reason.rule, round(reason.points, 1)), reasons)
FROM scores WHERE site = %(site)s AND score = 'engagement' ORDER BY shown DESC, subject LIMIT {limit}
"""
SIGNALS = """
SELECT formatDateTime(fired_at, '%%H:%%i:%%S'), trigger, subject, status, reason
FROM signals WHERE site = %(site)s AND status = 'fired' ORDER BY fired_at DESC, subject LIMIT {limit}
"""
OTHER_SIGNALS = "SELECT status, count() FROM signals WHERE site = %(site)s AND status != 'fired' GROUP BY status ORDER BY status"
BEST_CUSTOMER = """
SELECT customer_id FROM scores WHERE site = %(site)s AND score = 'engagement' AND customer_id != '' ORDER BY value DESC, customer_id LIMIT 1
"""
TIMELINE = """
SELECT formatDateTime(event_time, '%%H:%%i:%%S'), channel, sentence FROM timeline(site = %(site)s, customer = %(customer)s)
WHERE kind != 'engagement' ORDER BY event_time, pageview_id, seq, event_id
"""
DIMENSIONS = ("channel", "device", "traffic")


@dataclass(frozen=True, slots=True)
class Answers:
    """Questions about one site."""

    client: StoreClient
    site: str

    def sessions(self) -> RenderableType:
        """Return sessions by channel, device and traffic."""
        table = _table("Sessions", "by", "", "#sessions", "#visitors", "#% engaged", "#pages", "#seconds", "#EUR")
        for by in DIMENSIONS:
            for number, row in enumerate(self.client.rows(SESSIONS.format(by=by), self._of_site())):
                table.add_row("" if number else by, row[0] or "(none)", *map(_number, row[1:]))
            table.add_section()
        return table

    def scores(self, limit: int = 10) -> RenderableType:
        """Return the highest engagement scores, each with the rules that made it."""
        table = _table("Top scores (engagement)", "subject", "band", "#score", "why")
        for subject, band, shown, reasons in self.client.rows(SCORES.format(limit=limit), self._of_site()):
            why = ", ".join(f"{rule} {_number(points)}" for rule, points in reasons)
            table.add_row(subject, band, _number(shown), why)
        return table

    def signals(self, limit: int = 10) -> RenderableType:
        """Return the newest signals that went out, and how many did not and why."""
        table = _table("Signals", "fired at", "trigger", "subject", "status", "reason")
        for row in self.client.rows(SIGNALS.format(limit=limit), self._of_site()):
            table.add_row(*map(str, row))
        rest = ", ".join(f"{count} {status}" for status, count in self.client.rows(OTHER_SIGNALS, self._of_site()))
        table.caption = f"not sent out: {rest}" if rest else None
        return table

    def best_customer(self) -> str:
        """Return the customer with the highest engagement, empty when there is none."""
        return next((str(row[0]) for row in self.client.rows(BEST_CUSTOMER, self._of_site())), "")

    def timeline(self, customer: str) -> RenderableType:
        """Return what one customer did, in order."""
        table = _table(f"The footprint of {customer}", "at (UTC)", "channel", "what")
        for row in self.client.rows(TIMELINE, {"site": self.site, "customer": customer}):
            table.add_row(*map(str, row))
        return table

    def emails(self, now: datetime) -> RenderableType:
        """Return how each e-mail did, people apart from machines: the cookbook's answer, an e-mail in each column."""
        found = self._recipe("emails", now)
        table = _table("E-mails", "", *(f"#{row['message_id']}" for row in found))
        for name in list(found[0])[1:] if found else ():
            shown = [f"{100 * row[name]:.1f} %" if name.endswith("_share") else _number(row[name]) for row in found]
            table.add_row(name.replace("_", " "), *shown)
        table.caption = "as `footprint sql @emails` tells it: people clicked and read the page"
        return table

    def labels(self, message: str, now: datetime) -> RenderableType:
        """Return who opened and clicked one e-mail, and how that is known: the cookbook's answer."""
        table = _table(f"Who opened and clicked {message}", "hit", "label", "#hits", "#%", "#recipients", "reasons")
        for row in self._recipe("email_labels", now, message=message):
            counts = (row["hits"], 100 * row["share"], row["recipients"])
            table.add_row(row["kind"], row["label"], *map(_number, counts), ", ".join(row["reasons"]))
        return table

    def _recipe(self, name: str, now: datetime, **given: str) -> list[dict[str, Any]]:
        recipe = find_recipe(name)
        return self.client.dicts(recipe.sql, bind(recipe, self._of_site() | given, now))

    def _of_site(self) -> dict[str, str]:
        return {"site": self.site}


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", caption_justify="left")
    for name in names:
        table.add_column(name.lstrip("#"), justify="right" if name.startswith("#") else "left", overflow="fold")
    return table


def _number(value: Any) -> str:
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, (int, float)) else str(value)
