"""A collector that knows some profiles, for the tests of who may read them."""

import asyncio
import base64
import hmac
from dataclasses import replace

from collector.core.keyring import KeptKey, hash_of, write_keys
from collector.core.proofs import Proof
from collector.core.sites import SiteRules
from collector.live import LivePaths
from schemas.codec import dumps
from schemas.errors import Retryable
from tests.collector.conftest import NOW

SHOP = "https://shop.example"
EVIL = "https://evil.example"
SERVER_KEY = b"k" * 32
OLD, NEW = b"old-key", b"new-key"
DEMO = Proof("demo", (OLD, NEW), (b"j" * 32, SERVER_KEY))
FIELDS = frozenset({"stage", "interests", "segments"})


def profile(site, subject, category, **more):
    """Return a record of the profiles topic."""
    customer, visitor = (subject[2:], "") if subject.startswith("c:") else ("", subject[2:])
    score = {"raw_value": 40.0, "floor": 0, "ceiling": 100, "half_life_s": 3600, "band": "2", "updated_at": NOW - 3_600_000}
    value = {
        "site": site,
        "subject": subject,
        "customer_id": customer,
        "visitor_id": visitor,
        "stage": "intent",
        "scores": {"engagement": score, "interests": score | {"half_life_s": 7200}},
        "interests": [{"category": category, "points": 8.0}, {"category": "next to nothing", "points": 0.01}],
        "segments": {"warm": NOW - 5},
        "preferences": [{"channel": "email", "topic": "all", "opt": "out", "source": "page", "at": 1, "event_id": "e"}],
        "consent": {"choice": "granted", "at": 1},
        "updated_at": NOW - 5,
        "version": 3,
    }
    return f"{site}:{subject}".encode(), dumps(value | more)


KNOWN = (
    profile("demo", "v:alice-browser", "alices visitor"),
    profile("demo", "c:alice", "alices secret"),
    profile("demo", "v:bob-browser", "bobs visitor"),
    profile("demo", "c:bob", "bobs secret"),
    profile("demo", "c:a/b c/", "with slashes"),
    profile("other", "v:alice-browser", "others visitor"),
    profile("other", "c:alice", "others secret"),
)


class Topic:
    """The profiles topic, read as far as the test says."""

    def __init__(self, *records):
        self.records, self.readable, self.lost = list(records), asyncio.Event(), asyncio.Event()
        self.readable.set()

    async def follow(self, put, whole):
        await self.readable.wait()
        for key, value in self.records:
            put(key, value)
        whole()
        await self.lost.wait()
        self.lost.clear()
        raise Retryable("lost")


def knowing(config, folder):
    """Return the configuration of a collector whose sites `demo` and `other` tell visitors something, and `silent` does not."""
    keys = [KeptKey(hash_of(f"fp_{kind[0]}_{site}"), site, kind, "fp", NOW) for site in ("demo", "other") for kind in ("secret", "write")]
    (folder / "keys.json").write_bytes(write_keys(keys))
    sites = {
        "demo-key": SiteRules("demo", frozenset({SHOP}), me_fields=FIELDS, proof=DEMO),
        "other-key": SiteRules("other", frozenset({SHOP}), me_fields=FIELDS, proof=Proof("other", (b"others key",), (b"o" * 32,))),
        "hashed-key": SiteRules("hashed", me_fields=FIELDS, proof=replace(DEMO, site="hashed"), hash_key=b"pepper"),
        "silent-key": SiteRules("silent"),
    }
    live = LivePaths(folder / "keys.json", folder / "suppressed", folder / "key")
    rules = {rules.site: rules for rules in sites.values()}
    return replace(config, sites=sites, rules=rules, live=live, profiles=folder / "cache")


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def customer_token(customer="alice", *, key=SERVER_KEY, header=None, **claims):
    """Return the JWT that a site's server makes; a claim of None is left out."""
    told = {"sub": customer, "aud": "demo", "exp": NOW // 1000 + 600} | claims
    head = encoded(dumps(header or {"alg": "HS256", "typ": "JWT"}))
    content = f"{head}.{encoded(dumps({name: value for name, value in told.items() if value is not None}))}"
    return f"{content}.{encoded(hmac.digest(key, content.encode(), 'sha256'))}"
