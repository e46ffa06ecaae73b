"""Ended sessions are over in every console, others are not, and nothing is kept longer than it says something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.ended import Ended, is_ended, of_session, of_user, read_ended, write_ended
from console.core.sessions import LIFE_MS, Session

SESSION = Session("ada", 1_000, "token")
ENDED = st.builds(Ended, st.text("0123456789abcdef", min_size=1, max_size=64), st.integers(0, 10**14), st.integers(1, 10**14))


def known(*ended):
    return {one.mark: one.before for one in ended}


def test_a_session_is_ended_and_no_other_of_the_same_person():
    assert is_ended(SESSION, known(of_session(SESSION)))
    assert not is_ended(Session("ada", 1_000, "other"), known(of_session(SESSION)))
    assert not is_ended(SESSION, {})


def test_every_session_of_a_name_is_ended_that_has_begun_and_none_that_begins_later():
    ended = known(of_user("ada", 1_000))
    assert is_ended(SESSION, ended)
    assert not is_ended(Session("ada", 1_001, "token"), ended)
    assert not is_ended(Session("bob", 1_000, "token"), ended)


@given(st.lists(ENDED))
def test_what_is_written_is_read_again(ended):
    assert read_ended(write_ended(ended, 0)) == ended


def test_what_would_be_over_anyway_is_dropped():
    assert write_ended([of_session(SESSION), of_user("ada", 5_000)], 1_000 + LIFE_MS).count(b"\n") == 1


@pytest.mark.parametrize("content", [b"x", b"mark 1", b"mark one 2", b"\xff\xff 1 2"])
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(ValueError):
        read_ended(content)
