"""The short way of a hit comes to the event that the steps make of its message, or leaves it to them."""

from hypothesis import given
from hypothesis import strategies as st

from collector.core.accept import Accepted, accept
from collector.core.links import Mailed
from collector.core.mail_hits import hit_message
from collector.core.plain_hits import PlainHits
from collector.core.routes import CLICK, OPEN
from collector.core.shapes import sent
from collector.core.suppression import Suppressions, entry_of
from schemas import codec
from tests.collector.core.test_accept import BROWSER, arrivals

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(["null", " guest ", "a" * 201, '"x"', "ä\\"])
targets = st.sampled_from(
    ["https://shop.example/a?b=1#c", "http://a.example/?email=ann%40b.example&token=secret", "https://ä.example/4111111111111111"]
)
mails = st.builds(Mailed, st.just("demo"), texts, texts, st.integers(0, 2**31 - 1), targets)


@given(mails, st.sampled_from([OPEN, CLICK]), st.sampled_from(["", "prefetch", "head"]), arrivals, st.booleans())
def test_both_ways_come_to_the_same(mailed, route, hint, arrival, suppressed):
    if suppressed:
        arrival.suppressions = Suppressions("s", [entry_of("s", arrival.site.site, mailed.customer)])
    arrival.own_device, arrival.historical, arrival.sent_at = True, False, None
    short = None
    if arrival.is_plain:
        hits = PlainHits(arrival, route, hint)
        short = hits.lines(mailed, "made", received_at=arrival.received_at, address=arrival.address, partitions=7)
    long = accept(sent(hit_message(route, mailed, event_id="made", hint=hint)), arrival, index=0, new_id=lambda: "made")
    if short is None:
        return
    assert isinstance(long, Accepted)
    ((partition, (line,)),) = short.events.items()
    assert codec.loads(line) == codec.loads(long.encoded)
    assert partition == codec.partition_of(arrival.site.site, long.owner, 7)
    assert (short.accepted, short.duplicate, short.size, long.warnings) == (1, 0, len(line), ())


def test_the_usual_hit_goes_the_short_way():
    hits = PlainHits(BROWSER, CLICK, "")
    mailed = Mailed("demo", "news", "c1", 1, "https://shop.example/")
    assert hits.lines(mailed, "made", received_at=1, address="203.0.113.7", partitions=4).accepted == 1
