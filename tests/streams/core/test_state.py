"""The state of a partition and its timers."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.layout import write
from streams.core.state import HOT_BYTES, PartitionState


def test_changes_are_kept_aside_until_the_commit():
    state = PartitionState([("a", write({"n": 1}))])
    state.put("b", {"n": 2})
    state.delete("a")
    assert (state.get("a"), state.get("b")) == (None, {"n": 2})
    assert state.changes() == {"a": None, "b": write({"n": 2})}
    state.commit()
    assert state.changes() == {}
    assert (state.get("a"), state.get("b"), len(state)) == (None, {"n": 2}, 1)


def test_loaded_values_have_their_timers():
    state = PartitionState([("a", write({"due_event": 5})), ("b", write({"due_wall": 3})), ("c", write({}))])
    assert (state.due("event", 5, 10), state.due("wall", 5, 10)) == (["a"], ["b"])


Moves = st.lists(st.tuples(st.sampled_from("abcde"), st.one_of(st.none(), st.integers(0, 20)), st.booleans()), max_size=30)


@given(Moves, st.integers(0, 20), st.integers(1, 6))
def test_what_is_due_is_what_the_values_say(moves, until, limit):
    state, expected = PartitionState(), {}
    for key, at, commit in moves:
        if at is None:
            state.delete(key)
            expected.pop(key, None)
        else:
            state.put(key, {"due_event": at})
            expected[key] = at
        if commit:
            state.commit()
            state.due("event", 10, 2)
    due = sorted((at, key) for key, at in expected.items() if at <= until)
    found = state.due("event", until, limit)
    assert len(found) == min(limit, len(due))
    assert set(found) <= {key for _, key in due}
    assert found == state.due("event", until, limit)
    assert [expected[key] for key in found] == [at for at, _ in due[:limit]]


def test_a_value_is_the_same_whether_it_is_still_decoded_or_not():
    state, long = PartitionState(), "x" * 1_000
    last = HOT_BYTES // len(long) + 10
    for number in range(last + 1):
        state.put(str(number), {"n": number, "long": long})
    state.commit()
    assert [state.get(str(number))["n"] for number in (0, 5, last - 5, last)] == [0, 5, last - 5, last]
    assert 0 < len(state._hot) <= last


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.one_of(st.none(), st.text(max_size=20)), st.booleans()), max_size=30))
def test_the_size_is_that_of_keys_and_values(moves):
    state = PartitionState()
    for key, text, commit in moves:
        if text is None:
            state.delete(key)
        else:
            state.put(key, {"text": text})
        if commit:
            state.commit()
    state.commit()
    assert state.size == sum(len(key) + len(write(state.get(key))) for key in "abcde" if state.get(key) is not None)


def test_a_value_out_of_all_proportion_loses_its_oldest_details_and_is_counted():
    state = PartitionState()
    state.put("a", {"kept": [1] * 20, "grown": [[number, "x" * 1000] for number in range(3_000)]})
    state.commit()
    value = PartitionState(state._stored.items()).get("a")
    assert (value["kept"], value["grown"][-1][0], state.trimmed) == ([1] * 20, 2_999, 1)
    assert value["grown"][0][0] > 1_000
    assert len(state.changes()) == 0
