"""The list of who must not be sent what: the same from the same records, in any order, page by page."""

from hypothesis import given
from hypothesis import strategies as st

from collector.core.opt_outs import OptOuts, Question
from schemas.codec import dumps
from schemas.preferences import Preferences


def record(site, customer, **topics):
    choices = [
        {"channel": "email", "topic": topic, "opt": opt, "source": "page", "at": number, "event_id": f"e{number}"}
        for number, (topic, opt) in enumerate(sorted(topics.items()))
    ]
    value = dumps({"site": site, "customer_id": customer, "choices": choices})
    Preferences.model_validate_json(value)
    return f"{site}:{customer}".encode(), value


def listed(*records):
    found = OptOuts()
    for key, value in records:
        found.put(key, value)
    return found


def names(found, **asked):
    entries, after = found.page("demo", Question(**asked))
    return [entry["customer"] for entry in entries], after


def test_who_left_is_listed_with_what_they_left():
    found = listed(record("demo", "a", all="out", news="in"), record("demo", "b", news="in"), record("other", "c", all="out"))
    (entry,), after = found.page("demo", Question())
    assert entry == {"customer": "a", "out": ["all"], "in": ["news"], "source": "page", "at": 0}
    assert after == ""


def test_a_topic_is_asked_about_by_itself():
    found = listed(
        record("demo", "a", all="out", news="in"), record("demo", "b", news="out"), record("demo", "c", all="in", news="out", offers="in")
    )
    assert names(found) == (["a", "b", "c"], "")
    assert names(found, topic="news") == (["b", "c"], "")
    assert names(found, topic="offers") == (["a"], "")
    assert names(found, topic="all") == (["a"], "")
    assert names(found, channel="sms") == ([], "")


def test_who_comes_back_or_is_forgotten_leaves_the_list():
    found = listed(record("demo", "a", all="out"), record("demo", "b", all="out"), record("demo", "a:x", all="out"))
    tag = found.tag("demo", Question())
    found.put(*record("demo", "a", all="in"))
    found.put(b"demo:b", None)
    found.put(b"demo:nobody", None)
    assert names(found) == (["a:x"], "")
    assert found.tag("demo", Question()) != tag
    found.put(*record("demo", "a", all="out"))
    found.put(*record("demo", "b", all="out"))
    assert (names(found), found.tag("demo", Question())) == ((["a", "a:x", "b"], ""), tag)


def test_a_page_looks_at_so_many_only(monkeypatch):
    monkeypatch.setattr("collector.core.opt_outs.MAX_LOOKED_AT", 2)
    found = listed(*(record("demo", who, **{"offers" if who == "d" else "news": "out"}) for who in "abcde"))
    assert names(found, topic="offers") == ([], "b")
    assert names(found, topic="offers", after="b") == (["d"], "d")
    assert names(found, topic="offers", after="d") == ([], "")


customers = st.sampled_from(["a", "b", "c", "d", "ä", "a:b"])
records = st.builds(lambda who, opt, topic: record("demo", who, **{topic: opt}), customers, st.sampled_from(["in", "out"]), st.just("all"))


@given(st.lists(records | customers.map(lambda who: (f"demo:{who}".encode(), None)), max_size=12), st.randoms(), st.integers(1, 3))
def test_what_stands_last_decides_and_pages_hold_each_once(log, random, limit):
    last = list(dict(log).items())
    random.shuffle(last)
    one, other = listed(*log[:3]), listed(*last)
    assert names(one)[1] == ""  # asked early: from then on the list is kept sorted
    for key, value in log[3:]:
        one.put(key, value)
    assert one.tag("demo", Question()) == other.tag("demo", Question())
    found, after = [], ""
    while True:
        part, after = names(one, limit=limit, after=after)
        found += part
        if not after:
            break
    assert found == names(other)[0] == sorted(set(found))
