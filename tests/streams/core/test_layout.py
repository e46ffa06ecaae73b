"""How state values are written, and how older ones are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core import trimming
from streams.core.layout import NEVER, VERSION, UnknownVersion, due_of, read, upgraded, write
from streams.core.trimming import trim

Values = st.fixed_dictionaries(
    {"n": st.integers(0, 100)},
    optional={"due_event": st.integers(0, 2**62), "due_wall": st.integers(0, 2**62), "text": st.text(max_size=20)},
)


@given(Values)
def test_what_is_written_is_read_with_its_times(value):
    encoded = write(value)
    assert read(encoded) == value
    assert due_of(encoded) == (value.get("due_event", NEVER), value.get("due_wall", NEVER))
    assert upgraded(encoded, {}) is encoded


def test_a_value_of_the_first_version_is_brought_up_to_date_step_by_step():
    encoded = upgraded(b'{"n":1,"due_wall":7}', {1: lambda value: value | {"n": value["n"] + 1}})
    assert (read(encoded), due_of(encoded), encoded[0]) == ({"n": 2, "due_wall": 7}, (NEVER, 7), VERSION)


def test_a_value_of_a_newer_program_is_refused():
    with pytest.raises(UnknownVersion, match="Run the newer one"):
        upgraded(bytes([VERSION + 1]) + b"...", {})


@given(
    st.recursive(
        st.integers(-(2**53), 2**53) | st.text(max_size=200),
        lambda inner: st.lists(inner, max_size=90) | st.dictionaries(st.text(max_size=5), inner, max_size=90),
        max_leaves=200,
    )
)
def test_trimming_ends_and_keeps_short_containers_whole(found):
    value = {"found": found}
    if trim(value, 500):
        assert len(trimming.dumps(value)) <= 500
    else:
        assert not list(trimming._long(value))
