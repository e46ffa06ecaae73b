"""A signal becomes a task by the rules of its site."""

from hypothesis import given
from hypothesis import strategies as st

from console.core.opening import HOUR_MS, LATEST_MS, SiteRules, TaskRule, step_of_signal
from console.core.tasks import fold, task_of_signal
from schemas.signals import SignalStatus
from schemas.tasks import TaskStep

AT = 1_790_000_000_000
RULES = SiteRules({"asked": TaskRule(channel="forms", due_hours=0.5, escalate_to="boss", title="Answer the form")}, {"forms": "fay"})


def signal(**told):
    return {
        "signal_id": "s1",
        "site": "shop",
        "subject": "c:anna",
        "customer_id": "anna",
        "trigger": "price_page_twice",
        "status": "fired",
        "fired_at": AT,
        "at": AT,
        "revision": 1,
        "payload": {"url_path": "/pricing"},
    } | told


def test_without_any_rule_of_its_own_a_site_has_a_day_for_each_signal_and_nobody_yet():
    task = fold([step_of_signal(signal(), SiteRules(), now_ms=AT)])
    assert (task.title, task.owner, task.due_at - AT) == ("Price page twice (/pricing)", "", 24 * HOUR_MS)
    assert (task.customer_id, task.signal_id, task.task_id) == ("anna", "s1", task_of_signal("shop", "s1"))


def test_the_owner_of_the_channel_answers_unless_the_rule_names_somebody():
    task = fold([step_of_signal(signal(trigger="asked"), RULES, now_ms=AT)])
    assert (task.owner, task.channel, task.escalate_to, task.due_at - AT) == ("fay", "forms", "boss", HOUR_MS // 2)
    assert task.title == "Answer the form"
    named = SiteRules({"asked": TaskRule(owner="ada", channel="forms")}, {"forms": "fay"})
    assert fold([step_of_signal(signal(trigger="asked"), named, now_ms=AT)]).owner == "ada"


def test_a_trigger_without_a_rule_opens_nothing():
    assert step_of_signal(signal(trigger="other"), RULES, now_ms=AT) is None


@given(st.sampled_from(list(SignalStatus)))
def test_only_what_went_out_opens_a_task_and_only_what_was_withdrawn_closes_it(status):
    step = step_of_signal(signal(status=status.value), SiteRules(), now_ms=AT)
    wanted = {SignalStatus.FIRED: "opened", SignalStatus.WITHDRAWN: "withdrawn"}.get(status)
    assert (step and step["kind"]) == wanted


def test_a_signal_that_is_read_twice_makes_the_same_step():
    first, second = (step_of_signal(signal(), SiteRules(), now_ms=AT + later) for later in (0, HOUR_MS))
    assert first == second
    assert TaskStep(**first).model_dump(mode="json") == first


def test_nobody_is_sent_after_last_weeks_signals():
    assert step_of_signal(signal(), SiteRules(), now_ms=AT + LATEST_MS) is not None
    assert step_of_signal(signal(), SiteRules(), now_ms=AT + LATEST_MS + 1) is None
