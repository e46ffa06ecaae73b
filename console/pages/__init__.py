"""The pages of the console, in the order of its menu."""

from collections.abc import Callable

from starlette.routing import Route

from console.desk import Desk
from console.pages import (
    audit,
    campaigns,
    customer,
    customers,
    health,
    journeys,
    live,
    overview,
    plan,
    quality,
    signals,
    sql,
    tasks,
    webhooks,
)

PAGES: tuple[Callable[[Desk], Route], ...] = (
    *overview.PAGES,
    *live.PAGES,
    *customers.PAGES,
    *customer.PAGES,
    *journeys.PAGES,
    *campaigns.PAGES,
    *signals.PAGES,
    *tasks.PAGES,
    *webhooks.PAGES,
    *audit.PAGES,
    *quality.PAGES,
    *plan.PAGES,
    *health.PAGES,
    *sql.PAGES,
)
"""Every page of a site; each names the role that it needs."""
