"""Who asks."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.local.clickhouse.authentication import LONGEST_DELAY_S, Credentials, Users, credentials_of

PASSWORDS = {"pipeline": "one", "analyst": "two"}


def basic(text):
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_credentials_are_found_where_clients_put_them():
    wanted = Credentials("pipeline", "one")
    assert credentials_of({"x-clickhouse-user": "pipeline", "x-clickhouse-key": "one"}, {}) == wanted
    assert credentials_of(basic("pipeline:one"), {}) == wanted
    assert credentials_of({}, {"user": "pipeline", "password": "one"}) == wanted
    assert credentials_of(basic("a:b:c"), {}) == Credentials("a", "b:c")


def test_unreadable_credentials_are_nobodys():
    assert credentials_of({"authorization": "Basic ü"}, {}) == Credentials("", "")
    assert credentials_of({}, {}) == Credentials("", "")


def test_the_password_never_shows():
    assert "one" not in repr(Credentials("pipeline", "one"))


@given(st.text(), st.text())
def test_only_the_users_own_password_is_accepted(user, password):
    assert Users(PASSWORDS).accepts(Credentials(user, password)) == (PASSWORDS.get(user) == password)


@pytest.mark.parametrize(
    "given_", [Credentials("analyst", "one"), Credentials("pipeline", ""), Credentials("", ""), Credentials("root", "")]
)
def test_anything_else_is_refused(given_):
    assert not Users(PASSWORDS).accepts(given_)


def test_guessing_slows_down_and_the_right_password_ends_that():
    users, wrong = Users(PASSWORDS), Credentials("analyst", "no")
    delays = []
    for _ in range(12):
        assert not users.accepts(wrong)
        delays.append(users.delay(wrong))
    assert delays == sorted(delays)
    assert delays[0] < 0.1
    assert delays[-1] == LONGEST_DELAY_S
    assert users.accepts(Credentials("analyst", "two"))
    assert not users.accepts(wrong)
    assert users.delay(wrong) == delays[0]
