"""Rates by a clock that the test holds."""

from hypothesis import given
from hypothesis import strategies as st

from collector.core.quotas import BURST_S, Quotas

requests = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 200)), max_size=40)


@given(requests, st.floats(0.1, 500))
def test_over_any_time_no_more_is_let_in_than_the_rate_the_burst_and_one_request(asked, rate):
    quotas, now, let_in = Quotas(), 0, []
    for wait, events in asked:
        now += wait
        if quotas.take("key", events, rate=rate, now_ms=now) == 0:
            let_in.append((now, events))
    for first, (start, _) in enumerate(let_in):
        total = 0
        for moment, events in let_in[first:]:
            assert total <= max(rate * BURST_S, 1) + rate * (moment - start) / 1000 + 1e-6
            total += events


@given(requests, st.floats(0.1, 500))
def test_who_waits_as_long_as_told_is_let_in(asked, rate):
    quotas, now = Quotas(), 0
    for wait, events in asked:
        now += wait
        told = quotas.take("key", events, rate=rate, now_ms=now)
        if told:
            assert quotas.take("key", events, rate=rate, now_ms=now + int(told * 1000) + 2) == 0
            now += int(told * 1000) + 2


def test_keys_have_quotas_of_their_own_and_a_clock_set_back_earns_nothing():
    quotas = Quotas()
    assert quotas.take("a", 100, rate=1, now_ms=10_000) == 0
    assert quotas.take("a", 1, rate=1, now_ms=10_000) == 99
    assert quotas.take("b", 1, rate=1, now_ms=10_000) == 0
    assert quotas.take("a", 1, rate=1, now_ms=0) == 99
