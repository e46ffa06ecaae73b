"""Events that make all that time and others can do happen within minutes: sessions that close, are joined late and merge, customers of
several browsers, refused links, ids used twice, machines, history, signals of every sort, e-mails whose links lead to pages.
"""

import random
import time
import uuid

from schemas.codec import dumps, partition_of
from tests.collector.broker import PARTITIONS
from tests.streams.core.rich import TEXT

SITES = ("shop", "lab")
"""The first runs the shipped triggers, the second one of every sort."""

MINUTE = 60_000
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PATHS = ("/", "/about", "/pricing", "/plans/team", "/docs", "/blog/a", "/blog/b")
KINDS = (
    ["page_view"] * 8
    + ["engagement"] * 4
    + ["click"] * 3
    + ["form_submit", "purchase", "refund", "preference", "custom", "email_click", "email_click", "email_open"]
)
AGES_MIN = (0.0, 0.05, 2, 10, 20, 35, 46)
"""How long ago things happened when they arrive. The last closes its session at once, and is still in time to be joined."""

AT_ONCE = 300
EVENTS_A_VISITOR = 25
WAITED_MS = 2 * MINUTE
"""A hit was received so long ago that it has waited for its verdict: time is not what is tried here."""
LANDS = 0.1
"""Part of the page views that the click of an e-mail led to."""


def configure(folder):
    """Write the settings of the workers that run in a folder."""
    triggers = folder / "triggers.yaml"
    triggers.write_text(TEXT, "utf-8")
    tables = [
        f'[sites.{SITES[0]}]\nkeys = ["a"]\n',
        f'[sites.{SITES[1]}]\nkeys = ["b"]\ntriggers = "{triggers}"\nemail_links_visitors = true\n',
    ]
    (folder / "footprint.toml").write_text("\n".join(tables), "utf-8")


def mixed(seed=7, *, lands=LANDS):
    """Yield partition and line of one event after the other, for ever: everybody stays for a while, then others come.

    `lands`: part of the page views that the click of an e-mail led to.
    """
    chosen, last, number, clicks = random.Random(seed), [], 0, {site: [] for site in SITES}
    while True:
        made = event(chosen, number, time.time_ns() // 1_000_000)
        if made["kind"] == "email_click":
            clicks[made["site"]].append(made["event_id"])
        elif made["kind"] == "page_view" and clicks[made["site"]] and chosen.random() < lands:
            made |= {
                "url": f"{made['url']}?fp_click={clicks[made['site']].pop()}"
            }  # one visitor lands by each: who is first is no question
        if last and chosen.random() < 0.03:
            again = chosen.choice(last)
            made = again if chosen.random() < 0.7 else again | {"content_hash": uuid.uuid4().hex[:16]}
        last, number = [*last[-500:], made], number + 1
        yield placed(made)


def placed(made):
    """Return partition and line of an event."""
    return partition_of(made["site"], made.get("visitor_id") or made["customer_id"], PARTITIONS), dumps(made)


def event(chosen, number, at):
    """Return one accepted event."""
    visitor, kind = number // EVENTS_A_VISITOR + chosen.randrange(AT_ONCE), chosen.choice(KINDS)
    fields = {"visitor_id": f"v{visitor}"} | ABOUT.get(kind, lambda _: {})(chosen)
    if visitor % 4 == 0 and chosen.random() < 0.1:
        kind, fields = "identify", {"visitor_id": f"v{visitor}", **_known(chosen, visitor)}
    elif kind in ("email_click", "email_open"):
        fields |= {"customer_id": f"c{visitor // 12}", "message_id": f"m{number}"}
        del fields["visitor_id"]
        at -= WAITED_MS
    age_ms = int(chosen.choice(AGES_MIN) * MINUTE * chosen.uniform(0.8, 1.0))
    return accepted(SITES[visitor % 2], kind, at, age_ms=age_ms, **fields) | ({"historical": True} if chosen.random() < 0.005 else {})


def accepted(site, kind, at, *, age_ms=0, **fields):
    made = {
        "event_id": str(uuid.uuid4()),
        "site": site,
        "kind": kind,
        "created_at": at - age_ms,
        "sent_at": at,
        "received_at": at,
        "content_hash": uuid.uuid4().hex[:16],
        "user_agent": CRAWLER if str(fields.get("visitor_id")).endswith("7") else BROWSER,
    }
    return made | fields


def _known(chosen, visitor):
    """Three browsers become one customer; one in ten of them says something else later, which is refused."""
    customer = f"c{visitor // 12}" if chosen.random() < 0.9 else f"c{visitor}x"
    return {"customer_id": customer, "traits": chosen.choice([{}, {"company": "Acme"}, {"employees": 60}, {"employees": 700}])}


def _page(chosen):
    return {"url": f"https://shop.example{chosen.choice(PATHS)}", "pageview_id": f"p{chosen.randrange(4)}", "library": "fp.js"}


ABOUT = {
    "page_view": lambda chosen: _page(chosen) | {"props": {"category": chosen.choice(["shoes", "coats"])}},
    "click": lambda chosen: _page(chosen) | {"name": chosen.choice(["download", "menu"])},
    "engagement": lambda chosen: {
        "pageview_id": f"p{chosen.randrange(4)}",
        "seq": chosen.randrange(6),
        "engaged_ms": chosen.choice([0, 1_000, 15_000]),
    },
    "purchase": lambda chosen: {"value": 19.99, "props": {"products": [{"category": chosen.choice(["hats", "shoes"])}]}},
    "refund": lambda _: {"value": 5.0},
    "preference": lambda chosen: {"props": {"opt": chosen.choice(["in", "out"]), "topic": chosen.choice(["news", "all"])}},
    "custom": lambda chosen: {"name": chosen.choice(["Signed Up", "Product Added", "Trial Started", "Referral Sent"])},
    "email_click": lambda chosen: {"props": {"link": 1} | chosen.choice([{}, {}, {"hint": "head"}])},
    "email_open": lambda chosen: {"props": chosen.choice([{}, {"hint": "provider"}])},
}


def coda(partitions=PARTITIONS):
    """Return partition and line of the last events: they carry the last watermark of every partition to every other."""
    at, number, found = time.time_ns() // 1_000_000, 0, []
    wanted = {(source, target) for source in range(partitions) for target in range(partitions)}
    while wanted:
        visitor, customer, number = f"last-v{number}", f"last-c{number}", number + 1
        pair = partition_of(SITES[0], visitor, partitions), partition_of(SITES[0], customer, partitions)
        if pair in wanted:
            wanted.discard(pair)
            found.append(placed(accepted(SITES[0], "identify", at, visitor_id=visitor, customer_id=customer)))
    return found
