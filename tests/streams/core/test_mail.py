"""E-mails through both agents: labels, points and signals are those of the whole set, whatever the order of arrival."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import IDENTITIES, SCORE_CHANGES, SIGNALS
from streams.core.forgetting import forget_line
from streams.core.history import live_state
from streams.core.mail_state import MAX_MESSAGES, WAIT_MS
from tests.streams.core import mailing
from tests.streams.core.logs import MINUTE, UNTIL, arrivals, event
from tests.streams.core.mailing import RULES, SECOND, landing, mail
from tests.streams.core.running import DAY_MS, Line

RUNS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def scanner():
    """What a scanner leaves behind: ordinary browsers at other addresses, a pixel after 9 s and ten links within 0.6 s."""
    pixel = mail("pixel", 9 * SECOND, "email_open", user_agent=BROWSER, ip="198.51.100.0")
    links = [
        mail(f"link{n}", 43 * SECOND + 60 * n, props={"link": n + 1}, user_agent=f"{BROWSER} {n}", ip=f"203.0.{n}.0") for n in range(10)
    ]
    return [mail("delivered", 0, "email_delivered"), pixel, *links]


def run(records, *, every=1, tended=(), **site):
    """Run a log through both cores. `tended` are minutes after `UNTIL` at which timers are tended on the way."""
    line, coming = Line(rules=RULES, **site), sorted(tended)
    for number, record in enumerate(records):
        line.send(*record)
        if number % every == 0:
            line.settle()
            if coming:
                line.tend(UNTIL + coming.pop(0) * MINUTE)
    line.finish(UNTIL, waited=True)
    return line


def test_labels_points_and_signals_are_those_of_the_set_in_any_order():
    seen = Counter()

    @RUNS
    @given(mailing.mail_logs(), st.data())
    def check(log, data):
        records, every = data.draw(arrivals(log)), data.draw(st.integers(1, 8))
        line = run(records, every=every, tended=data.draw(st.lists(st.integers(0, 5), max_size=4)))
        assert line.email_labels() == mailing.labels(log)
        expected = mailing.scores(log, UNTIL)
        assert line.scores(UNTIL) == pytest.approx(expected, abs=1e-9)
        assert line.contributions(UNTIL) == pytest.approx(expected, abs=1e-9)
        assert line.signals() == mailing.signals(log)
        seen.update(reason for _, reasons in line.email_labels().values() for reason in reasons)
        seen.update(row["reason"] for row in line.values(SCORE_CHANGES))
        seen.update(row["trigger"] + row["status"] for row in line.values(SIGNALS))

    check()
    wanted = {"head", "provider", "soon", "burst", "trap", "near_trap", "read", "relabelled", "displaced"}
    wanted |= {"clickedwithdrawn", "linksfired"}
    assert {name for name in wanted if not seen[name]} == set()


@RUNS
@given(mailing.mail_logs(), st.data())
def test_a_replay_of_what_is_stored_comes_to_the_same(log, data):
    """The store shows events with their latest labels: scores and stages follow from these again."""
    line = run(data.draw(arrivals(log)))
    labels, members = line.email_labels(), line.membership()
    found = {}
    stored = {one["event_id"]: one for one in line.tracked if not one.get("control")}
    whose = mailing.subject_of(log)
    for subject in {whose(one) for one in stored.values()}:
        mine = [one for one in stored.values() if whose(one) == subject]
        shown = [
            one | {"session_id": members[one["event_id"]], "traffic_reasons": labels.get(one["event_id"], ("", []))[1]}
            for one in data.draw(st.permutations(mine))
        ]
        state = live_state("demo", subject, shown, RULES)
        for score, parts in state.get("scores", {}).items():
            half_life = RULES.model.scores[score].half_life_ms
            value = sum(points * (2 ** ((at - UNTIL) / half_life) if half_life else 1) for points, at in parts.values())
            if abs(value) > 1e-9:
                found[subject, score] = value
    assert found == pytest.approx(line.scores(UNTIL), abs=1e-9)


@pytest.mark.parametrize("again", [False, True])
def test_a_scanner_gives_no_point_and_no_signal_and_then_a_person_gives_exactly_those_of_one_click(again):
    line = Line(rules=RULES)
    for one in scanner() if not again else reversed(scanner()):
        line.send(one)
        line.settle()
    line.tend(UNTIL + MINUTE)
    assert line.values(SIGNALS) == []
    assert [row["rule"] for row in line.values(SCORE_CHANGES)] == ["delivered"]
    labels = line.email_labels()
    assert labels["pixel"] == ("machine_probable", ["soon"])
    assert all(labels[f"link{n}"] == ("machine_certain", ["burst"]) for n in range(10))
    line.send(mail("real", 20 * MINUTE, user_agent=BROWSER), *landing("real", 20 * MINUTE + SECOND))
    line.settle()
    assert line.email_labels()["real"] == ("human", ["read"])
    rows = [(row["rule"], row["points"], row["event_id"]) for row in line.values(SCORE_CHANGES) if row["subject"] == "c:c1"]
    assert rows == [("delivered", 0.5, "delivered"), ("click", 5.0, "real"), ("any_click", 1.0, "real"), ("visited", 1, "real")]
    assert [(one["trigger"], one["event_id"], one["status"]) for one in line.values(SIGNALS)] == [("clicked", "real", "fired")]


def test_a_click_waits_a_minute_for_its_verdict_and_counts_half_while_nobody_can_say():
    line = Line(rules=RULES)
    line.send(mail("c", 0))
    line.settle()
    line.tend(UNTIL + WAIT_MS - 1)
    assert line.values(SCORE_CHANGES) + line.values(SIGNALS) == []
    line.tend(UNTIL + WAIT_MS)
    assert [row["points"] for row in line.values(SCORE_CHANGES)] == [2.5, 0.5, 1]
    assert [one["status"] for one in line.values(SIGNALS)] == ["fired"]


def test_a_verdict_that_comes_later_is_a_correction_with_compensating_rows_and_the_signal_goes():
    line = Line(rules=RULES)
    line.send(mail("a", MINUTE, props={"link": 1}))
    line.settle()
    line.tend(UNTIL + WAIT_MS)
    line.send(mail("b", MINUTE + SECOND, props={"link": 2}))
    line.settle()
    line.tend(UNTIL + 2 * WAIT_MS)
    corrections = [one for one in line.tracked if one.get("control") == "verdict"]
    assert [(one["event_id"], one["email_label"], one["traffic"], one["revision"]) for one in corrections] == [
        ("a", "machine_certain", "bot", 1),
        ("b", "machine_certain", "bot", 1),
    ]
    assert line.scores(UNTIL) == {}
    assert [row["reason"] for row in line.values(SCORE_CHANGES)[3:]] == ["relabelled", "relabelled", "displaced"]
    assert [one["status"] for one in line.values(SIGNALS)] == ["fired", "withdrawn"]


@pytest.mark.parametrize(
    ("hit", "label", "reasons"),
    [
        (mail("x", MINUTE, "email_open", user_agent=GMAIL, ip="66.249.84.0"), "proxied", ["proxy:gmail"]),
        (mail("x", MINUTE, "email_open", user_agent="YahooMailProxy; https://help.yahoo.com/x"), "proxied", ["proxy:yahoo"]),
        (mail("x", MINUTE, "email_open", user_agent="Mozilla/5.0", ip="172.225.1.0"), "machine_probable", ["privacy:apple"]),
        (mail("x", MINUTE, props={"link": 1, "hint": "prefetch"}, user_agent=BROWSER), "machine_certain", ["prefetch"]),
        (mail("x", MINUTE, user_agent="Mozilla/5.0 AppleWebKit/534+ BingPreview/1.0b"), "machine_certain", ["prefetch:outlook"]),
        (mail("x", MINUTE, user_agent="Microsoft Office Existence Discovery"), "machine_certain", ["prefetch:outlook"]),
        (mail("x", MINUTE, props={"link": 1, "hint": "head"}, user_agent=BROWSER), "machine_certain", ["head"]),
        (mail("x", MINUTE, props={"link": 0}, user_agent=BROWSER), "machine_certain", ["trap"]),
        (mail("x", MINUTE, user_agent=BROWSER, ip="40.92.10.0"), "machine_certain", ["network"]),
        (mail("x", MINUTE, user_agent=BROWSER), "unknown", []),
    ],
)
def test_the_hits_that_everybody_meets_are_labelled(hit, label, reasons):
    line = run([[hit]])
    assert line.email_labels() == {"x": (label, reasons)}
    shares = {"unknown": 0.5, "proxied": 0.5}.get(label, 0)
    points = {"email_open": 2, "email_click": 6}[hit["kind"]] * shares
    assert sum(row["points"] for row in line.values(SCORE_CHANGES) if row["score"] == "engagement") == points


def test_of_a_proxys_open_no_address_place_or_device_is_kept():
    line = run([[mail("x", MINUTE, "email_open", user_agent=GMAIL, ip="8.8.8.0")]])
    assert {"ip", "country", "browser", "os", "device"} & line.tracked[0].keys() == set()


def test_a_forwarded_address_a_glance_and_a_robot_confirm_nothing():
    robot = landing("c", 3 * MINUTE, visitor="v7", webdriver=True)
    for pages in (landing("c", 2 * MINUTE, engaged_ms=900), robot, landing("other", 2 * MINUTE)):
        assert run([[mail("c", MINUTE)], pages]).email_labels() == {"c": ("unknown", [])}


def test_a_test_site_takes_webdriver_for_a_person():
    pages = landing("c", 3 * MINUTE, webdriver=True)
    assert run([[mail("c", MINUTE)], pages], label_automation=False).email_labels() == {"c": ("human", ["read"])}


def test_a_page_that_is_reached_by_the_click_came_by_e_mail():
    line = run([landing("c", MINUTE)])
    view = next(one for one in line.tracked if one["kind"] == "page_view")
    assert (view["click_id"], view["channel"]) == ("fp_click=c", "email")


LANDED = [[mail("c", MINUTE)], landing("c", 2 * MINUTE)]


@pytest.mark.parametrize("records", [LANDED, LANDED[::-1]])
def test_who_lands_is_linked_to_the_customer_where_the_site_allows_it(records):
    assert run(records).values(IDENTITIES) == []
    line = run(records, link_by_mail=True)
    assert [(one["visitor_id"], one["customer_id"]) for one in line.values(IDENTITIES)] == [("v9", "c1")]
    assert {subject for subject, _ in line.scores(UNTIL)} == {"c:c1"}
    line.send(event("later", 30 * MINUTE, "click", visitor="v9", received=UNTIL))
    assert line.tracked[-1]["customer_id"] == "c1"


def test_a_link_by_mail_joins_no_two_customers_and_takes_nobody_who_came_by_somebody_elses_address():
    known = [event("i", 0, "identify", visitor="v9", customer_id="c2")]
    line = run([known, *LANDED], link_by_mail=True)
    assert [one["customer_id"] for one in line.values(IDENTITIES)] == ["c2"]
    assert line.counts["links_refused"] == 1
    late = run([[mail("c", MINUTE)], landing("c", 12 * MINUTE)], link_by_mail=True)
    assert late.email_labels()["c"][0] == "human"
    assert late.values(IDENTITIES) == []
    second = run([*LANDED, landing("c", 3 * MINUTE, visitor="v8")], link_by_mail=True)
    assert [one["visitor_id"] for one in second.values(IDENTITIES)] == ["v9"]


def test_whoever_is_forgotten_leaves_no_click_behind():
    line = Line(rules=RULES, link_by_mail=True)
    line.send(mail("c", MINUTE), mail("d", MINUTE, customer="c2", message="m2"))
    line.settle()
    for (_, partition), lines in line.visitors.absorb(forget_line("demo", customer_id="c1")).lines.items():
        line.queues[partition] += lines
    line.settle()
    kept = {key for agent in line.subjects for key in agent.values}
    assert kept == {"demo\0c:c2", "demo\0k:d"}
    line.send(*landing("c", 2 * MINUTE))
    line.finish(UNTIL)
    assert line.values(IDENTITIES) == []
    assert "demo\0c:c1" not in {key for agent in line.subjects for key in agent.values}


def test_what_is_kept_of_e_mails_is_bounded_and_goes_after_some_days():
    line = Line(rules=RULES)
    line.send(*(mail(f"c{n}", n * MINUTE // 8, message=f"m{n}") for n in range(MAX_MESSAGES + 20)))
    line.send(*(mail(f"d{n}", n * 10, "email_open", message="m0", customer="c2", props={"x": "y" * 5_000}) for n in range(300)))
    line.settle()
    state = {key: value for agent in line.subjects for key, value in agent.values.items()}
    assert len(state["demo\0c:c1"]["mail"]["messages"]) == MAX_MESSAGES
    assert len(state["demo\0c:c2"]["mail"]["messages"]["m0"]["hits"]) == 256
    assert line.email_labels()["d299"] == ("machine_certain", ["flood"])
    line.tend(UNTIL + WAIT_MS)
    assert line.scores(UNTIL)["c:c2", "engagement"] == pytest.approx(256, rel=0.01)
    line.tend(UNTIL + 5 * DAY_MS)
    kept = [key for agent in line.subjects for key, value in agent.values.items() if "mail" in value or key.startswith("demo\0k:")]
    assert kept == []


def test_a_customer_who_was_only_sent_something_leaves_no_state():
    line = Line()
    line.send(mail("d", 0, "email_delivered", customer="c5"))
    line.settle()
    assert [key for agent in line.subjects for key in agent.values] == ["demo\0c:c5"]
    line.tend(UNTIL + 5 * DAY_MS)
    assert [key for agent in line.subjects for key in agent.values] == []


def test_hits_of_somebody_who_floods_count_for_nothing():
    line = Line(rules=RULES)
    line.send(*(mail(f"c{n}", n * SECOND // 4, "email_sent", props={}) for n in range(12_100)))
    line.send(mail("hit", 0))
    line.settle()
    assert line.email_labels()["hit"] == ("machine_certain", ["flood"])
