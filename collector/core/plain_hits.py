"""Opens and clicks without ceremony: the event that `mail_hits.hit_message` and the steps of accept.py would come to, written down.

As `plain.py` it only accepts. An e-mail goes to many, and its links are few: what an event says of them is written once.
"""

from functools import lru_cache
from zlib import crc32

import orjson
from xxhash import xxh3_64_hexdigest

from collector.core.addresses import kept_address
from collector.core.drafts import Arrival
from collector.core.links import Mailed
from collector.core.mail_hits import EVENTS, is_usual, properties_of
from collector.core.plain import Lines, names_somebody
from collector.core.readers import text
from collector.core.routes import Route
from collector.core.scrubbing import scrub_values
from schemas.codec import partition_seed

REMEMBERED = 4096
"""Links of e-mails."""


class PlainHits:
    """The events of one sort of hit that share a head and a site. `arrival.is_plain` has to hold."""

    def __init__(self, arrival: Arrival, route: Route, hint: str) -> None:
        kind, name = EVENTS[route.name]
        agent = text(arrival.user_agent, 1024)
        self._site = arrival.site.site
        self._seed = partition_seed(self._site)
        self._ip = arrival.site.ip
        self._suppressions = arrival.suppressions if len(arrival.suppressions) else None
        self._route, self._hint = route.name, hint
        self._begin = orjson.dumps({"site": self._site})[:-1]
        self._kind = orjson.dumps({"kind": kind, "name": name})[1:-1]
        self._agent = b"" if agent is None else b'"user_agent":%b,' % orjson.dumps(agent)
        self._content = orjson.dumps({"event": name, "kind": kind})[:-1]

    def lines(self, mailed: Mailed, event_id: str, *, received_at: int, address: str, partitions: int) -> Lines | None:
        """Return the event of a hit, or None when the steps have to decide. `event_id` is one that needs no escapes."""
        customer = mailed.customer
        if not customer or not is_usual(mailed) or not names_somebody(customer):
            return None
        if self._suppressions is not None and self._suppressions.holds(self._site, customer):
            return None
        about, content = _about(self._route, self._hint, mailed.message, mailed.index, mailed.target)
        number, person = event_id.encode(), orjson.dumps(customer)
        content_hash = xxh3_64_hexdigest(
            b'%b,"messageId":"%b","properties":%b,"type":"track","userId":%b}' % (self._content, number, content, person)
        )
        kept = kept_address(address, self._ip)
        encoded = b'%b,"received_at":%d,%b"event_id":"%b","content_hash":"%b",%b,"customer_id":%b,%b%b' % (
            self._begin,
            received_at,
            b"" if kept is None else b'"ip":"%b",' % kept.encode(),
            number,
            content_hash.encode(),
            self._kind,
            person,
            self._agent,
            about,
        )
        return Lines({crc32(customer.encode(), self._seed) % partitions: [encoded]}, 1, 0, len(encoded))


@lru_cache(maxsize=REMEMBERED)
def _about(route: str, hint: str, message: str, index: int, target: str) -> tuple[bytes, bytes]:
    """Return how the event of a hit ends, and the canonical form of what the hit's message says of the e-mail."""
    properties = properties_of(route, Mailed("", message, "", index, target), hint)
    kept = scrub_values(properties)
    fields = {name: kept[name] for name in ("url",) if name in kept} | ({"message_id": message} if message else {}) | {"props": kept}
    return orjson.dumps(fields)[1:], orjson.dumps(properties, option=orjson.OPT_SORT_KEYS)
