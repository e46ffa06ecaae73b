"""A session is believed when one of our keys signed it and its time is not over."""

import pytest

from console.core.sessions import LIFE_MS, Session, SessionCookies

SESSION = Session("ada", 1_000, "token")


def test_a_session_is_read_as_it_was_signed():
    cookies = SessionCookies(["old", "new"])
    assert cookies.read(cookies.sign(SESSION), 1_000) == SESSION


def test_a_key_that_is_older_than_the_newest_still_counts_and_a_removed_one_does_not():
    signed = SessionCookies(["old"]).sign(SESSION)
    assert SessionCookies(["old", "new"]).read(signed, 1_000) == SESSION
    assert SessionCookies(["new"]).read(signed, 1_000) is None


@pytest.mark.parametrize("now", [999, 1_000 + LIFE_MS, 1_000 + 10 * LIFE_MS])
def test_a_session_is_over_after_its_time_and_does_not_begin_before_it(now):
    cookies = SessionCookies(["key"])
    assert cookies.read(cookies.sign(SESSION), now) is None


@pytest.mark.parametrize("value", ["", "x", "a.b", "eyJ1c2VyIjoiYWRhIn0.AAAA"])
def test_what_nobody_signed_is_nobody(value):
    assert SessionCookies(["key"]).read(value, 1_000) is None


def test_a_value_that_was_changed_is_nobody():
    cookies = SessionCookies(["key"])
    signed = cookies.sign(SESSION)
    assert all(
        cookies.read(signed[:at] + ("A" if signed[at] != "A" else "B") + signed[at + 1 :], 1_000) is None for at in range(len(signed) - 1)
    )


def test_a_form_must_bring_the_token_of_its_own_session():
    assert SESSION.guards("token")
    assert not SESSION.guards("")
    assert not SESSION.guards("tokén")
