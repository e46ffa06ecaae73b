"""A website that has something on every page of the console: the demo's day, a plan with versions, and what was turned away."""

import time
from dataclasses import dataclass
from random import Random

import httpx2

from footprint import users
from footprint.demo.campaign import story
from footprint.demo.day import SEED, day_of
from footprint.demo.sending import send_day
from footprint.demo.visitor import MINUTE
from footprint.demo.waiting import await_stored
from footprint.email import Sender
from footprint.parts.connections import resolve_store, secret_keys
from footprint.parts.run_file import read_run
from footprint.plans import Shelf
from footprint.settings import Settings, SiteSettings
from sinks.clickhouse.client import StoreClient
from tests.support.waiting import eventually

FLOW = ("collector", "streams", "sink")
PASSWORD = "a password for the tests"
FIRST = """\
mode: warn
events:
  Order Completed:
    description: Somebody paid.
    schema:
      type: object
      required: [order_id, revenue]
      properties:
        revenue: {type: number, minimum: 0, description: With everything.}
        payment_method: {enum: [card, paypal]}
"""
SECOND = (
    FIRST
    + """\
  Signed Up:
    mode: reject
    description: Somebody made an account.
    schema:
      type: object
      required: [plan]
      properties:
        plan: {enum: [free, pro]}
  Article Read:
    schema: {}
"""
)


@dataclass(frozen=True)
class Filled:
    """A site whose pages have something to show. `base` is the console's address."""

    base: str
    site: str
    name: str
    password: str = PASSWORD


HOSTILE = "\"'><img src=x data-planted onerror=alert(1)></title></script><script data-planted>alert(1)</script>{{7*7}}{%raw%}"
"""What a visitor may send wherever it may send text."""

HOSTILE_CUSTOMER = "eve/..?x=<b data-planted>&'\""


def fill(line, site, *, hours=24, campaign=False, hostile=True):
    """Send the last hours of the demo's day to a site of a running line, whose key is its name, and wait until it is stored."""
    settings, run = Settings(data_dir=line.data_dir, sites={site: SiteSettings(keys=(site,))}), read_run(line.data_dir)
    _publish(settings, site)
    name = f"ada-{site}"
    users.create(users.users_file(settings), name, {site: "admin"}, PASSWORD)
    events = send_day(_newest(hours), run.collector, site)
    if campaign:
        events += story.run_campaign(Sender(secret_keys(settings)[-1], run.collector), site, site, Random(SEED + 1))
    _turn_away(run.collector, site)
    events += _attack(run.collector, site) if hostile else 0
    client = StoreClient(resolve_store(settings, user="analyst"))
    try:
        flow = {part: url for part, url in run.health.items() if part.startswith(FLOW)}
        await_stored(client, site=site, events=events, health=flow, seconds=120)
    finally:
        client.close()
    return Filled(run.console, site, name)


def _newest(hours):
    now = time.time_ns() // 1_000_000
    posts = day_of(SEED, now - now % MINUTE)
    return posts[-len(posts) * hours // 24 :]


def _publish(settings, site):
    shelf = Shelf(settings)
    for text, note in ((FIRST, "what the shop reports"), (SECOND, "accounts")):
        shelf.publish(site, text, by="grace", note=note)


def _turn_away(collector, site):
    """Send what breaks the plan and what names nobody."""
    broken = {"type": "track", "event": "Signed Up", "anonymousId": "turned-away", "properties": {"seats": 3}}
    nobody = {"type": "track", "event": "Signed Up", "properties": {"plan": "pro"}}

    def rejected():
        answer = httpx2.post(f"{collector}/v1/batch", json={"batch": [broken, nobody]}, headers={"x-write-key": site})
        return answer.json()["rejected"] == 2

    eventually(rejected)


def _attack(collector, site):
    """Send text that would be run by a page that does not take it for text, in every field; return how many events were taken."""
    page = {
        "url": f"https://shop.example/{HOSTILE}?utm_source={HOSTILE}&utm_campaign={HOSTILE}",
        "title": HOSTILE,
        "referrer": f"https://evil.example/{HOSTILE}",
    }
    who = {
        "anonymousId": "eve-browser",
        "userId": HOSTILE_CUSTOMER,
        "context": {"page": page, "userAgent": HOSTILE, "locale": HOSTILE[:60]},
    }
    known = {"name": HOSTILE, "email": HOSTILE, "company": HOSTILE, HOSTILE: HOSTILE}
    messages = [
        {"type": "identify", "traits": known},
        {"type": "page", "name": HOSTILE, "properties": {"category": HOSTILE, "products": [{"name": HOSTILE}]}},
        {"type": "page", "name": "Pricing", "context": who["context"] | {"page": page | {"url": "https://shop.example/pricing"}}},
        {"type": "track", "event": HOSTILE[:200], "properties": {HOSTILE[:60]: HOSTILE, "form": HOSTILE}},
        {"type": "track", "event": "Form Submitted", "properties": {"form": HOSTILE, "form_id": HOSTILE}},
        {"type": "track", "event": "Order Completed", "properties": {"total": 1, "currency": HOSTILE[:9], "order_id": HOSTILE}},
        {"type": "track", "event": "Preference Updated", "properties": {"topic": HOSTILE, "channel": HOSTILE, "opt": "out"}},
        *(
            {"type": "track", "event": f"Email {what}", "properties": {"message_id": HOSTILE[:90], "campaign": HOSTILE, "subject": HOSTILE}}
            for what in ("Sent", "Delivered", "Opened", "Link Clicked", "Bounced", "Marked as Spam")
        ),
        {"type": "track", "event": "Signed Up", "properties": {"plan": HOSTILE}},
    ]
    batch = [who | message for message in messages]
    answer = httpx2.post(f"{collector}/v1/batch", json={"batch": batch}, headers={"x-write-key": site}).json()
    assert answer["rejected"] == 1, answer
    return answer["accepted"]
