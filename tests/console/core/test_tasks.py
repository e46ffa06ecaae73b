"""A task is what its steps say, in any order and however often each is repeated."""

from hypothesis import given
from hypothesis import strategies as st

from console.core.step_rows import worth_telling
from console.core.tasks import distinct, escalation_of, fold, new_step, step_of, task_of_signal
from schemas.tasks import StepKind, TaskStep

HOUR = 3_600_000
AT = 1_790_000_000_000


def opened(**told):
    basics = {"site": "shop", "task_id": task_of_signal("shop", "s1"), "kind": "opened", "at": AT, "title": "Call", "due_at": AT + HOUR}
    more = {
        "signal_id": "s1",
        "trigger": "price_page_twice",
        "revision": 1,
        "escalate_to": "boss",
        "subject": "c:anna",
        "customer_id": "anna",
    }
    return new_step(basics | more | told)


TASK = fold([opened()])
PEOPLE = st.sampled_from(["ada", "bob", ""])
TIMES = st.integers(AT, AT + 3 * HOUR)


@st.composite
def steps(draw):
    """Steps of one task: opened once or twice, and anything that may follow, also before."""
    found = [opened(owner=draw(PEOPLE))]
    for revision, kind in enumerate(draw(st.lists(st.sampled_from(["withdrawn", "opened"]), max_size=3)), 2):
        found.append(opened(kind=kind, revision=revision, at=draw(TIMES)))
    for nonce in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from([StepKind.ASSIGNED, StepKind.COMMENTED, StepKind.DONE, StepKind.REOPENED, StepKind.ESCALATED]))
        if kind is StepKind.ESCALATED:
            found.append(escalation_of(TASK))
        else:
            found.append(step_of(TASK, kind, at=draw(TIMES), made_by=draw(PEOPLE), nonce=str(nonce), owner=draw(PEOPLE)))
    return found


def test_every_step_is_one_of_the_topic():
    for one in (opened(), escalation_of(TASK), step_of(TASK, StepKind.COMMENTED, at=AT, text="called", nonce="1")):
        assert TaskStep(**one).model_dump(mode="json") == one


@given(st.data())
def test_order_and_repeats_of_steps_change_nothing(data):
    told = data.draw(steps())
    again = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=4))))
    assert fold(again) == fold(told)
    assert distinct(again) == distinct(told)


@given(steps())
def test_a_copy_that_comes_with_a_later_time_is_the_same_step(told):
    later = [step | {"at": step["at"] + HOUR} for step in told]
    assert fold(told + later) == fold(told)


@given(steps(), st.data())
def test_a_task_that_is_told_in_parts_is_the_task_that_is_told_at_once(told, data):
    cut = data.draw(st.integers(0, len(told)))
    assert fold(distinct(told[:cut]) + distinct(told[cut:])) == fold(told)


def test_nothing_is_a_task_that_nothing_opened():
    assert fold([]) is None
    assert fold([step_of(TASK, StepKind.DONE, at=AT)]) is None


def test_whoever_took_it_last_has_it_and_whoever_closed_it_has_done_it():
    told = [
        opened(owner="ada"),
        step_of(TASK, StepKind.ASSIGNED, at=AT + 1, owner="bob"),
        step_of(TASK, StepKind.DONE, at=AT + 2, made_by="bob"),
    ]
    assert (fold(told[:1]).owner, fold(told[:2]).owner) == ("ada", "bob")
    done = fold(told)
    assert (done.state, done.done_by, done.done_at) == ("done", "bob", AT + 2)
    again = fold([*told, step_of(TASK, StepKind.REOPENED, at=AT + 3)])
    assert (again.state, again.done_at) == ("open", 0)


def test_it_goes_to_the_next_when_it_is_not_done_in_time_and_once_only():
    task = fold([opened(owner="ada")])
    assert not task.is_overdue(AT + HOUR - 1)
    assert task.is_overdue(AT + HOUR)
    step = escalation_of(task)
    late = fold([opened(owner="ada"), step, escalation_of(fold([opened(owner="ada"), step]))])
    assert (late.owner, late.escalated) == ("boss", True)
    assert escalation_of(task) == escalation_of(late)


def test_what_was_done_before_it_was_due_does_not_escalate_however_late_that_is_known():
    told = [opened(owner="ada"), step_of(TASK, StepKind.DONE, at=AT + 5, made_by="ada"), escalation_of(TASK)]
    assert (fold(told).owner, fold(told).escalated) == ("ada", False)


def test_a_signal_that_is_withdrawn_takes_its_task_along_unless_it_is_done_and_brings_it_back():
    gone = opened(kind="withdrawn", revision=2, at=AT + 1)
    assert fold([opened(), gone]).state == "withdrawn"
    assert fold([opened(), gone, step_of(TASK, StepKind.DONE, at=AT + 2)]).state == "done"
    assert fold([opened(), gone, opened(revision=3, at=AT + 2)]).state == "open"


def test_a_visitor_who_turns_out_to_be_a_customer_is_the_tasks_customer_and_opens_it_once():
    first, second = opened(subject="v:va", customer_id="", visitor_id="va"), opened(revision=2, at=AT + 1)
    task = fold([first, second])
    assert (task.customer_id, task.subject, task.opened_at) == ("anna", "c:anna", AT)
    assert escalation_of(task)["step_id"] == escalation_of(fold([first]))["step_id"]
    gone, back = opened(kind="withdrawn", revision=3, at=AT + 2), opened(revision=4, at=AT + 3)
    assert worth_telling([first, second]) == [first]
    assert worth_telling([first, second, gone, back]) == [first, gone, back]


def test_the_same_words_are_two_comments_when_they_are_said_twice_and_one_when_a_form_is_sent_twice():
    def said(nonce, at):
        return step_of(TASK, StepKind.COMMENTED, at=at, made_by="ada", text="no answer", nonce=nonce)

    assert fold([opened(), said("a", AT), said("a", AT + 9)]).comments == 1
    assert fold([opened(), said("a", AT), said("b", AT + 9)]).comments == 2
