"""Users have a role for each site, and nothing where they have none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.accounts import EVERY_SITE, ROLES, User, read_users, write_users

SITES = st.sampled_from(["shop", "blog", "portal"])
GRANTS = st.dictionaries(st.one_of(SITES, st.just(EVERY_SITE)), st.sampled_from(ROLES), min_size=1)


def user(grants, name="ada"):
    return User(name, "hash", grants, 1, 1)


def test_a_role_at_one_site_says_nothing_about_another():
    ada = user({"shop": "admin"})
    assert ada.may("admin", "shop")
    assert not ada.may("viewer", "blog")
    assert ada.sites_of(["blog", "shop"]) == ["shop"]


def test_a_role_for_a_site_stands_before_the_role_for_every_site():
    ada = user({EVERY_SITE: "admin", "blog": "viewer"})
    assert ada.may("admin", "shop")
    assert not ada.may("analyst", "blog")


@given(GRANTS, SITES)
def test_who_may_more_may_all_that_is_less(grants, site):
    allowed = [user(grants).may(role, site) for role in ROLES]
    assert allowed == sorted(allowed, reverse=True)


@given(st.lists(GRANTS, max_size=4))
def test_what_is_written_is_read_again(all_grants):
    users = [user(grants, f"user{at}") for at, grants in enumerate(all_grants)]
    assert list(read_users(write_users(users)).values()) == users


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b'{"users": [{"name": "a"}]}',
        b'{"users": [{"name": "a", "password": "", "grants": {}, "made_at": 1, "since": 1}]}',
        b'{"users": [{"name": "a", "password": "", "grants": {"shop": "owner"}, "made_at": 1, "since": 1}]}',
        b'{"users": [{"name": "a b", "password": "", "grants": {"shop": "viewer"}, "made_at": 1, "since": 1}]}',
    ],
)
def test_what_is_no_users_file_is_refused_whole(content):
    with pytest.raises(ValueError):
        read_users(content)
