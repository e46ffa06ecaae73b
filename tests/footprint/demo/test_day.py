from collections import Counter, defaultdict
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footprint.demo.day import DAY_MS, SEED, day_of
from schemas.codec import dumps, parse_time

END = int(datetime.fromisoformat("2026-11-22T14:05:00+00:00").timestamp() * 1000)
MINUTE = 60_000


@pytest.fixture(scope="module")
def day():
    return day_of(SEED, END)


@pytest.fixture(scope="module")
def messages(day):
    return [message for post in day for message in post.messages]


def test_the_same_seed_and_end_give_the_same_day(day):
    assert dumps([[post.library, post.messages, post.again] for post in day_of(SEED, END)]) == dumps(
        [[post.library, post.messages, post.again] for post in day]
    )


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32), st.integers(1_600_000_000, 2_000_000_000))
def test_every_day_ends_in_time_and_nothing_of_it_lies_ahead(seed, end_s):
    times = [parse_time(message["timestamp"]) for post in day_of(seed, end_s * 1000) for message in post.messages]
    assert end_s * 1000 - DAY_MS <= min(times)
    assert end_s * 1000 - 15 * MINUTE < max(times) <= end_s * 1000


def test_every_message_has_its_own_id_and_somebody_who_sent_it(messages):
    assert len({message["messageId"] for message in messages}) == len(messages)
    assert all(message.get("anonymousId") or message.get("userId") for message in messages)


def test_a_few_hundred_visitors_come(messages):
    assert 300 <= len({message["anonymousId"] for message in messages if "anonymousId" in message}) <= 500


def test_everything_a_shop_sees_happens(messages):
    names = Counter(message.get("kind") or message.get("event") or message["type"] for message in messages)
    for name in ("page_view", "click", "engagement", "identify", "Form Submitted", "Form Abandoned", "Chat Started", "Order Completed"):
        assert names[name] > 0, name
    for name in ("Email Sent", "Email Delivered", "Email Opened", "Email Link Clicked", "Preference Updated"):
        assert names[name] > 0, name
    queries = [message["context"]["page"]["url"] for message in messages if message["type"] == "page"]
    assert sum("utm_campaign=" in url for url in queries) > 20


def test_two_machines_come_and_say_so(messages):
    crawler = {message["anonymousId"] for message in messages if "Googlebot" in message["context"].get("userAgent", "")}
    headless = {message["anonymousId"] for message in messages if message["context"].get("webdriver")}
    assert len(crawler) == len(headless) == 1
    assert crawler != headless


def test_one_moment_of_the_day_is_sent_twice(day):
    assert 1 <= sum(post.again for post in day) <= 3


def test_some_events_arrive_late_but_not_too_late_for_their_session(day):
    newest, behind = 0, []
    for post in day:
        for message in post.messages:
            at = parse_time(message["timestamp"])
            behind.append(newest - at)
            newest = max(newest, at)
    assert sum(late > 11 * MINUTE for late in behind) > 10
    assert max(behind) < 39 * MINUTE


def test_several_visitors_look_at_the_prices_twice_within_the_last_hour(messages):
    views = defaultdict(list)
    for message in messages:
        if message["type"] == "page" and message["context"]["page"]["path"] == "/pricing" and "webdriver" not in message["context"]:
            views[message["anonymousId"]].append(parse_time(message["timestamp"]))
    twice = [times for times in views.values() if any(END - later < 55 * MINUTE and later - times[0] >= 5 * MINUTE for later in times)]
    assert len(twice) >= 5
