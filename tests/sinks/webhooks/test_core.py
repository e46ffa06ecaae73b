"""What goes to whom, how it is signed, when it is tried again, and what may be committed."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import dumps
from sinks.webhooks.core.alerts import Address, about, is_alert, is_withdrawn, read_signal, read_step
from sinks.webhooks.core.bodies import body_of, facts_of
from sinks.webhooks.core.progress import Progress
from sinks.webhooks.core.retrying import Answer, Outcome, Retrying, read_retry_after
from sinks.webhooks.core.signing import headers_of, read_key, signature
from sinks.webhooks.core.templates import NAMES, read_template
from tests.sinks.webhooks.signals_made import a_signal, a_step, encoded

KEY = b"k" * 24


def test_the_signature_is_the_one_that_libraries_of_the_specification_make():
    key = read_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_key_signs_while_keys_are_changed_and_the_id_stays_the_signals():
    headers = headers_of("s1", b"{}", now_s=7, keys=(KEY, b"n" * 24))
    assert headers["webhook-id"] == "s1"
    assert headers["webhook-timestamp"] == "7"
    assert [one[:3] for one in headers["webhook-signature"].split(" ")] == ["v1,", "v1,"]
    assert len(set(headers["webhook-signature"].split(" "))) == 2


@pytest.mark.parametrize("text", ["short", "whsec_!!!!", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_key_that_is_too_short_or_unreadable_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|fewer than 16"):
        read_key(text)


@given(st.binary(max_size=60) | st.none())
def test_a_record_that_is_no_signal_is_nobodys_alert(value):
    assert read_signal(value) is None
    assert read_step(value) is None


def escalation(**fields):
    return read_step(dumps(a_step(**fields)))


def test_of_the_steps_of_a_task_an_escalation_goes_out_and_what_ends_the_task_takes_it_back():
    assert is_alert(escalation())
    for kind in ("done", "withdrawn"):
        ended = read_step(dumps(a_step(kind)))
        assert is_withdrawn(ended)
        assert about(ended) == about(escalation())
    assert [read_step(dumps(a_step(kind))) for kind in ("opened", "assigned", "commented", "reopened")] == [None] * 4


def test_an_address_is_told_of_escalations_only_when_it_asks_and_by_trigger_and_site_too():
    both = Address("a", "", (KEY,), tells=frozenset({"signals", "escalations"}), triggers=frozenset({"price_page_twice"}))
    assert both.wants(escalation())
    assert both.wants(a_signal(1))
    assert not both.wants(escalation(trigger=""))
    assert not Address("a", "", (KEY,)).wants(escalation())
    only = Address("a", "", (KEY,), tells=frozenset({"escalations"}), sites=frozenset({"demo"}))
    assert only.wants(escalation(trigger=""))
    assert not only.wants(escalation(site="blog"))
    assert not only.wants(a_signal(1))


def test_an_escalation_says_what_was_not_done_and_who_has_it_now():
    step = a_step(at=1_790_000_000_000, title="Call <!channel>")
    alert = read_step(dumps(step))
    assert json.loads(body_of(alert, "json")) == {"type": "task.escalated", "timestamp": "2026-09-21T14:13:20Z", "data": step}
    said = "*Not done in time: Call &lt;!channel&gt;*: anna · goes to ada · demo · 2026-09-21T14:13:20Z"
    assert json.loads(body_of(alert, "slack")) == {"text": said}
    task = json.loads(body_of(alert, "task"))
    assert (task["external_id"], task["title"]) == ("escalated-1", "Not done in time: Call <!channel>: anna")
    assert "Goes to: ada" in task["description"]
    for name in ("slack", "hubspot", "salesforce"):
        assert "Not done in time: Call" in body_of(alert, "json", read_template(name)).decode()
    assert set(facts_of(alert)) == set(NAMES)


def test_only_what_fired_goes_out():
    for status in ("suppressed_late", "suppressed_cooldown", "suppressed_quiet", "withdrawn"):
        assert not is_alert(read_signal(encoded(1, status=status)))
    assert is_alert(read_signal(encoded(1)))
    assert is_withdrawn(read_signal(encoded(1, status="withdrawn")))


def test_an_address_takes_all_signals_or_those_of_its_sites_and_triggers():
    signal = a_signal(1)
    assert Address("a", "", (KEY,)).wants(signal)
    assert Address("a", "", (KEY,), sites=frozenset({"demo"}), triggers=frozenset({"price_page_twice"})).wants(signal)
    assert not Address("a", "", (KEY,), sites=frozenset({"other"})).wants(signal)
    assert not Address("a", "", (KEY,), triggers=frozenset({"other"})).wants(signal)


def test_no_url_or_key_shows_in_the_text_of_an_address():
    shown = repr(Address("crm", "https://hooks.example/secret-path", (KEY,)))
    assert "secret-path" not in shown
    assert "kkkk" not in shown


def test_the_three_shapes():
    signal = a_signal(1, fired_at=1_790_000_000_000)
    whole = json.loads(body_of(signal, "json"))
    assert (whole["type"], whole["timestamp"], whole["data"]) == ("signal.fired", "2026-09-21T14:13:20Z", signal)
    assert json.loads(body_of(signal, "slack")) == {"text": "*Price page twice*: anna · /pricing · demo · 2026-09-21T14:13:20Z"}
    task = json.loads(body_of(signal, "task"))
    assert (task["title"], task["external_id"], task["due_at"]) == ("Price page twice: anna", "s1", "2026-09-22T14:13:20Z")
    assert task["contact"] == {"customer_id": "anna"}


def test_templates_are_filled_with_facts_and_numbers_stay_numbers():
    signal = a_signal(1, fired_at=1_790_000_000_000, customer_id='an"na}}{{title')
    own = read_template('{"a": "{{who}} at {{ page }}", "ms": "{{due_ms}}", "list": [1, {"key {{site}}": "{{site}}"}], "none": null}')
    assert json.loads(body_of(signal, "json", own)) == {
        "a": 'an"na}}{{title at /pricing',
        "ms": 1_790_086_400_000,
        "list": [1, {"key {{site}}": "demo"}],
        "none": None,
    }


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hubspot", ("properties", "hs_task_subject", "Price page twice: anna")),
        ("salesforce", ("Subject", "Price page twice: anna")),
        ("slack", ("text", "Price page twice")),
    ],
)
def test_the_shipped_templates_say_what_happened(name, wanted):
    found = json.loads(body_of(a_signal(1, fired_at=1_790_000_000_000), "json", read_template(name)))
    for part in wanted[:-1]:
        found = found[part]
    assert found == wanted[-1]
    assert set(facts_of(a_signal(1))) == set(NAMES)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("zapier", "none of slack, hubspot, salesforce"),
        ('{"a": "{{password}}"}', "names password; there are title"),
        ('["{{who}}"]', "JSON object"),
        ("{}", "JSON object"),
        ('{"a": "%s"}' % ("x" * 17_000), "more than"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(text, what):
    with pytest.raises(ValueError, match=what):
        read_template(text)


@given(st.text(max_size=30))
def test_nothing_that_a_visitor_sent_leaves_its_text(sent):
    template = read_template('{"a": "<{{who}}>", "b": "{{who}}"}')
    found = json.loads(body_of(a_signal(1, customer_id=sent or "x"), "json", template))
    assert found == {"a": f"<{sent or 'x'}>", "b": sent or "x"}


def test_what_a_visitor_sent_cannot_call_a_whole_chat():
    said = json.loads(body_of(a_signal(1, customer_id="<!channel>", payload={"url_path": "/<http://x|y>&"}), "slack"))["text"]
    assert "<" not in said
    assert "&lt;!channel&gt;" in said


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, Outcome.DELIVERED) for status in (200, 202, 204)),
        *((status, Outcome.REFUSED) for status in (400, 410, 413, 422)),
        *((status, Outcome.FAILED) for status in (301, 302, 401, 404, 408, 429, 500, 503)),
    ],
)
def test_what_an_answer_means(status, outcome):
    assert Answer(status).outcome is outcome


def test_pauses_double_up_to_a_quarter_of_an_hour_and_are_spread():
    retrying = Retrying()
    assert [retrying.delay_s(attempt, chance=1.0) for attempt in (1, 2, 3, 11, 10_000)] == [1, 2, 4, 900, 900]
    assert retrying.delay_s(3, chance=0.0) == 2
    assert not retrying.is_over(0, 86_399_999)
    assert retrying.is_over(0, 86_400_000)


def test_retry_after_is_read_as_seconds_or_as_a_date():
    assert read_retry_after("120", now_ms=0) == 120
    assert read_retry_after("Mon, 21 Sep 2026 14:14:20 GMT", now_ms=1_790_000_000_000) == 60
    assert read_retry_after("Mon, 21 Sep 2020 14:14:20 GMT", now_ms=1_790_000_000_000) == 0
    assert [read_retry_after(text, now_ms=0) for text in (None, "", "soon", "-5")] == [None] * 4


@given(st.permutations(range(3, 12)))
def test_only_what_has_nothing_open_before_it_is_committed(order):
    progress = Progress()
    assert progress.next is None
    progress.begin(3)
    assert progress.next == 3
    for offset in range(3, 12):
        progress.read(offset)
    done = set()
    for offset in order:
        progress.done(offset)
        done.add(offset)
        assert progress.next == next((one for one in range(3, 12) if one not in done), 12)
    progress.begin(1)
    assert progress.next == 12
