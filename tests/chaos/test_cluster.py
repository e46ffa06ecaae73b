"""The parts of `make chaos PART=cluster` that need no cluster: its load, its balancer, its measure and its verdict."""

from collections import Counter
from itertools import islice

import httpx2
import pytest

from footprint.local.kafka_properties import properties
from tests.chaos.cluster import Round, Run, _report
from tests.chaos.cluster_brokers import OF_ONE_NODE, node_properties
from tests.chaos.cluster_faults import faults
from tests.chaos.cluster_load import Balancer, Ledger, last_messages, message_of, messages
from tests.chaos.cluster_probes import Probe, back_after, percentile, scored_s, stored_s
from tests.chaos.cluster_verdict import Verdict, broken_promises
from tests.chaos.tables import Compared

ONE, TWO = "http://one", "http://two"


def told(sent=(), answered=(), wrong=()):
    return Ledger(sent=set(sent), answered=set(answered), wrong=list(wrong))


@pytest.mark.parametrize(
    ("ledger", "stored", "broken"),
    [
        (told("ab", "ab"), {"a": 1, "b": 1}, None),
        (told("ab", "ab"), {"a": 1}, "answered 200 and not stored"),
        (told("a", "a"), {"a": 2}, "more than once"),
        (told("a", "a"), {"a": 1, "x": 1}, "never sent"),
        (told("ab", "a"), {"a": 1}, "never answered 200"),
        (told("a", "a", ["404"]), {"a": 1}, "otherwise than promised"),
    ],
)
def test_the_verdict_names_every_promise_that_is_broken(ledger, stored, broken):
    found = broken_promises(ledger, Counter(stored))
    assert found == [] if broken is None else any(broken in one for one in found)


async def deliver(monkeypatch, answers):
    """Deliver one batch to two collectors that answer so, one after the other; return whom was asked for what."""
    asked, ledger = [], Ledger()

    def answer(request):
        asked.append((str(request.url), request.headers["x-write-key"], request.content))
        said = answers[len(asked) - 1]
        if said is None:
            raise httpx2.ReadError("cut off")
        return httpx2.Response(said, json={"accepted": 1, "duplicate": 0})

    monkeypatch.setattr("tests.chaos.cluster_load.PAUSE_S", 0)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        await Balancer(http, [ONE, TWO], ledger).deliver("lab", [{"messageId": "m"}])
    return asked, ledger


async def test_what_was_cut_off_or_refused_goes_to_the_other_collector_with_the_same_ids(monkeypatch):
    asked, ledger = await deliver(monkeypatch, [None, 503, 200])
    assert [address for address, _, _ in asked] == [f"{host}/v1/batch" for host in (TWO, ONE, TWO)]
    assert all(key == "b" and b'"messageId":"m"' in content for _, key, content in asked)
    assert (ledger.answered, ledger.retries, ledger.wrong) == ({"m"}, 2, [])


async def test_an_answer_that_nobody_promised_is_remembered(monkeypatch):
    _, ledger = await deliver(monkeypatch, [400, 200])
    assert len(ledger.wrong) == 1


def test_messages_say_what_the_events_say_and_now_and_then_repeat_an_id_with_other_content():
    found = [message for _, message in islice(messages(3), 3_000)]
    ids = Counter(message["messageId"] for message in found)
    assert 0 < sum(count - 1 for count in ids.values()) < 60
    assert {message.get("kind", message["type"]) for message in found} >= {"page_view", "purchase", "identify", "engagement", "form_submit"}
    assert not any(message.get("kind", "").startswith("email_") for message in found)
    assert all(message["anonymousId"] for message in found)
    sold = {message["properties"]["value"] for message in found if message.get("kind") == "purchase"}
    assert len(sold) > 20
    assert all((value * 4).is_integer() for value in sold)  # sums of them depend on no order


def test_a_message_names_only_what_its_event_has():
    made = {"kind": "click", "event_id": "e", "visitor_id": "v", "created_at": 5, "user_agent": "x", "name": "menu"}
    assert message_of(made) == {
        "type": "track",
        "kind": "click",
        "event": "menu",
        "messageId": "e",
        "timestamp": 5,
        "anonymousId": "v",
        "context": {"userAgent": "x"},
        "properties": {},
    }


def test_the_last_messages_go_from_every_partition_to_every_other():
    assert len({message["messageId"] for _, message in last_messages()}) == 16


def test_a_cluster_keeps_every_topic_thrice_and_is_otherwise_the_local_kafka():
    nodes = [node_properties(number, ports=(1, 2, 3), controllers=(4, 5, 6)) for number in (1, 2, 3)]
    assert [node["node.id"] for node in nodes] == [1, 2, 3]
    assert len({node["listeners"] for node in nodes}) == 3
    assert {node["controller.quorum.voters"] for node in nodes} == {"1@127.0.0.1:4,2@127.0.0.1:5,3@127.0.0.1:6"}
    assert all(node["min.insync.replicas"] == 2 and node["transaction.state.log.min.isr"] == 2 for node in nodes)
    alone = properties(port=1, controller_port=4)
    assert all(name in alone for name in OF_ONE_NODE)
    changed = {name for name, value in alone.items() if nodes[0].get(name) != value}
    assert changed == {
        *OF_ONE_NODE,
        "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
        "transaction.state.log.min.isr",
    }


def probe(sent, answered=0.1, visible=1.0):
    return Probe("v", sent, sent + answered, sent + visible - 0.2, sent + visible)


def test_it_is_normal_again_when_the_last_late_event_was_visible():
    before, late, later, normal = probe(8), probe(10, visible=9), probe(12, visible=4), probe(20)
    assert back_after([before, normal], 10, normal=2, now=30) == 0
    assert back_after([before, late, later, normal], 10, normal=2, now=30) == 9


def test_an_event_that_is_not_visible_yet_counts_as_late_as_it_is():
    assert back_after([Probe("v", 11.0, answered=11.1, stored=12.0)], 10, normal=2, now=18) == 8
    assert back_after([Probe("v", 11.0)], 10, normal=2, now=12) == 0
    assert back_after([Probe("v", 11.0)], 10, normal=2, now=14) == 4


def test_only_what_has_got_there_is_timed():
    found = [probe(1), Probe("v", 2.0, answered=2.5, stored=3.0), Probe("v", 3.0)]
    assert scored_s(found) == [pytest.approx(0.7)]
    assert stored_s(found) == [pytest.approx(0.9), pytest.approx(0.5)]


def test_a_percentile_of_nothing_is_nothing():
    assert (percentile([], 0.5), percentile([3, 1, 2], 0.5), percentile([1, 2], 0.95)) == (0, 2, 2)


def test_the_report_shows_every_round_and_what_was_compared(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.RESULTS", tmp_path)
    seen = Run(scored=(0.4, 0.9), stored=(0.6, 1.1), limit=2.7, rounds=[Round("kill -9 broker 1", 14.2, 11.04, 9.5, 10.0, 8.2, 3)])
    seen.ledger.answered = {"a", "b"}
    report = _report(seen, Verdict(topics=[("tracked", 5, 5, 0)], tables=[Compared("events", 7, ("missing x",))]))
    report.finish()
    text = (tmp_path / "chaos-cluster.md").read_text()
    assert "| kill -9 broker 1 | 14 | 11.0 | 9.5 | 10.0 | 8.2 | 3 |" in text
    assert "| tracked | 5 | 5 | 0 |" in text
    assert "| events | 7 | 1 |" in text
    assert "2 events at 300/s" in text


def test_every_part_is_killed_and_every_kind_is_rolled():
    killed = [name for name in faults() if name.startswith("kill -9")]
    assert len(killed) == 3 + 2 + 3 + 2 + 1
    assert {"roll the brokers", "roll the collectors", "roll the streams workers", "roll the sinks"} <= faults().keys()
