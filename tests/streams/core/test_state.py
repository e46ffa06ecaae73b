"""The state of a partition and its timers."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.state import PartitionState


def test_changes_are_kept_aside_until_the_commit():
    state = PartitionState([("a", {"n": 1})])
    state.put("b", {"n": 2})
    state.delete("a")
    assert (state.get("a"), state.get("b")) == (None, {"n": 2})
    assert state.changes() == {"a": None, "b": {"n": 2}}
    state.commit()
    assert state.changes() == {}
    assert (state.get("a"), state.get("b"), len(state)) == (None, {"n": 2}, 1)


def test_loaded_values_have_their_timers():
    state = PartitionState([("a", {"due_event": 5}), ("b", {"due_wall": 3}), ("c", {})])
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
