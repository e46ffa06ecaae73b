"""People come in by OpenID Connect as far as the provider proves who they are, and the mapping gives them a role."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from console.core.accounts import User
from console.core.ended import of_user
from console.core.openid import Client, read_roles
from console.openid import Provider
from console.openid_sign_in import COOKIE as ATTEMPT
from console.seats import COOKIE
from tests.console.provider import CLIENT, ISSUER, SECRET, FakeProvider, by_other_key, by_shared_secret, unsigned
from tests.console.test_console import HASH, Rig

ROLES = "sales=shop:viewer,leads=shop:analyst,admins=admin"


def rig_with(**more):
    told = {"issuer": ISSUER, "client_id": CLIENT, "redirect": "http://testserver/sign-in/openid/back", "claim": "groups"}
    client = Client(**told | {"roles": read_roles(ROLES)} | more)
    fake = FakeProvider(lambda: rig.now)
    provider = Provider(client, SECRET, http=fake.http(), clock=lambda: rig.now)
    rig = Rig(provider=provider, openid_title="Sign in with the company <b>")
    rig.provider, rig.fake = provider, fake
    return rig


@pytest.fixture
def rig():
    return rig_with()


def come(rig, onward="/s/shop/health", **changed):
    """Go to the provider and come back, with parameters changed on the way."""
    there = rig.browser.get("/sign-in/openid", params={"next": onward})
    assert there.status_code == 303, there.text
    back = rig.fake.authorize(there.headers["location"]) | changed
    return rig.browser.get("/sign-in/openid/back", params={name: value for name, value in back.items() if value is not None})


def said(answer):
    return re.search(r'role="alert">([^<]*)<', answer.text)[1]


def test_who_is_in_a_mapped_group_comes_in_to_the_page_that_was_asked_for(rig):
    assert "Sign in with the company &lt;b&gt;" in rig.browser.get("/sign-in?next=/s/shop/live").text
    assert "/sign-in/openid?next=%2Fs%2Fshop%2Flive" in rig.browser.get("/sign-in?next=/s/shop/live").text
    answer = come(rig)
    assert (answer.status_code, answer.headers["location"]) == (303, "/s/shop/health")
    page = rig.browser.get("/s/shop/health")
    assert "ada@example.com" in page.text
    assert rig.browser.get("/s/blog/health").status_code == 404
    assert rig.browser.get("/s/shop/quality/no_id").status_code == 403
    kept = [value.lower() for value in answer.headers.get_list("set-cookie")]
    assert [("httponly" in one, "samesite=lax" in one) for one in kept if one.startswith(f"{COOKIE}=")] == [(True, True)]
    assert "max-age=0" in next(one for one in kept if one.startswith(ATTEMPT))


def test_who_is_revoked_here_has_no_older_session_at_the_provider_either(rig):
    come(rig)
    rig.browser.app.state.desk.outside.ended.end(of_user("ada@example.com", int(rig.now * 1000)), 0)
    assert rig.browser.get("/s/shop/health").status_code == 303
    rig.now += 1
    come(rig)
    assert rig.browser.get("/s/shop/health").status_code == 200


def test_another_mapping_holds_at_the_next_click_and_the_provider_is_asked_again_after_four_hours(rig):
    come(rig)
    roles = dict(rig.provider.client.roles)
    rig.provider.client.roles.clear()
    assert rig.browser.get("/s/shop/health").status_code == 303
    rig.provider.client.roles.update(roles)
    assert rig.browser.get("/s/shop/health").status_code == 200
    rig.now += 4 * 3600
    assert rig.browser.get("/s/shop/health").status_code == 303


def test_a_user_of_the_file_with_the_verified_address_has_the_roles_of_the_file(rig):
    rig.users["ada@example.com"] = User("ada@example.com", HASH, {"blog": "admin"}, 1, 1)
    come(rig)
    assert (rig.browser.get("/s/blog/health").status_code, rig.browser.get("/s/shop/health").status_code) == (200, 404)
    rig.users["ada@example.com"] = User("ada@example.com", HASH, {"blog": "admin"}, 1, int(rig.now * 1000) + 1)
    assert rig.browser.get("/s/blog/health").status_code == 303


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email": None}])
def test_an_address_that_is_not_verified_makes_nobody_a_user_of_the_file(rig, claims):
    rig.users["ada@example.com"] = User("ada@example.com", HASH, {"*": "admin"}, 1, 1)
    rig.fake.claims = claims
    come(rig)
    assert "oidc:u1" in rig.browser.get("/s/shop/health").text
    assert rig.browser.get("/s/blog/health").status_code == 404


def test_roles_by_e_mail_count_verified_ones_only():
    rig = rig_with(claim="email", roles=read_roles("ada@example.com=shop:viewer"))
    rig.fake.claims = {"email_verified": False}
    assert "has no role here" in said(come(rig))
    rig.fake.claims = {}
    assert come(rig).status_code == 303


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"nonce": "another"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"aud": "another"}, "not right"),
        ({"aud": None}, "not right"),
        ({"aud": [CLIENT, "another"]}, "another program"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "another program"),
        ({"azp": "another"}, "another program"),
        ({"iss": "https://evil.example"}, "not right"),
        ({"iss": None}, "not right"),
        ({"exp": 1}, "not right"),
        ({"exp": None}, "not right"),
        ({"iat": 4_000_000_000}, "not right"),
        ({"sub": None}, "not right"),
        ({"sub": "a\nb"}, "names nobody"),
        ({"groups": ["staff"]}, "has no role here"),
        ({"groups": None}, "has no role here"),
        ({"groups": {"sales": 1}}, "has no role here"),
    ],
)
def test_a_token_that_says_something_wrong_lets_nobody_in(rig, claims, told):
    rig.fake.claims = claims
    answer = come(rig)
    assert (answer.status_code, told in said(answer)) == (401, True), said(answer)
    assert COOKIE not in rig.browser.cookies


@pytest.mark.parametrize("sign", [unsigned, by_shared_secret, by_other_key, lambda _: "x", lambda _: "a.b.c", lambda _: ""])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(rig, sign):
    rig.fake.sign = sign
    answer = come(rig)
    assert answer.status_code == 401, answer.text
    assert COOKIE not in rig.browser.cookies


@pytest.mark.parametrize(
    "changed", [{"state": "another"}, {"state": None}, {"state": "ü"}, {"iss": "https://evil.example"}, {"code": "another"}, {"code": None}, {"error": "access_denied"}]
)  # fmt: skip
def test_an_answer_that_was_changed_on_the_way_lets_nobody_in(rig, changed):
    answer = come(rig, **changed)
    assert answer.status_code == 401
    assert COOKIE not in rig.browser.cookies


def test_an_answer_is_good_in_the_browser_that_asked_once_and_for_ten_minutes(rig):
    there = rig.browser.get("/sign-in/openid").headers["location"]
    back = rig.fake.authorize(there)
    cookie = rig.browser.cookies.get(ATTEMPT)
    rig.browser.cookies.clear()
    assert "not begun in this browser" in said(rig.browser.get("/sign-in/openid/back", params=back))
    rig.browser.cookies.set(ATTEMPT, cookie[:-9] + cookie[-9:].swapcase(), path="/sign-in/openid")
    assert "not begun in this browser" in said(rig.browser.get("/sign-in/openid/back", params=back))
    rig.browser.cookies.set(ATTEMPT, cookie, path="/sign-in/openid")
    rig.now += 601
    assert "not begun in this browser" in said(rig.browser.get("/sign-in/openid/back", params=back))
    rig.now -= 601
    rig.browser.cookies.set(ATTEMPT, cookie, path="/sign-in/openid")
    assert rig.browser.get("/sign-in/openid/back", params=back).status_code == 303
    rig.browser.cookies.set(ATTEMPT, cookie, path="/sign-in/openid")
    assert "did not take" in said(rig.browser.get("/sign-in/openid/back", params=back))


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example"])
def test_nobody_is_led_on_to_another_website(rig, onward):
    assert come(rig, onward).headers["location"] == "/"


def test_the_verifier_and_the_secret_go_to_the_provider_only_and_no_state_comes_twice(rig):
    asked = [parse_qs(urlsplit(rig.browser.get("/sign-in/openid").headers["location"]).query) for _ in range(3)]
    assert len({one["state"][0] for one in asked}) == len({one["nonce"][0] for one in asked}) == 3
    assert all(SECRET not in str(one) and "code_verifier" not in one for one in asked)
    assert {one["redirect_uri"][0] for one in asked} == {"http://testserver/sign-in/openid/back"}


def test_a_host_that_the_request_makes_up_is_not_where_people_are_sent_back_to(rig):
    there = rig.browser.get("/sign-in/openid", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert "evil" not in there.headers["location"]


def test_a_new_key_of_the_provider_is_asked_for_and_not_more_than_once_a_minute(rig):
    from joserfc.jwk import RSAKey

    assert come(rig).status_code == 303
    rig.fake.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    assert come(rig).status_code == 401
    asked = sum(request.url.path.endswith("jwks_uri") for request in rig.fake.requests)
    assert asked == 1
    rig.now += 61
    assert come(rig).status_code == 303


def test_a_provider_that_is_away_or_says_what_is_wrong_is_a_sentence_and_passwords_go_on(rig):
    rig.fake.down = True
    answer = rig.browser.get("/sign-in/openid")
    assert (answer.status_code, "with a password" in said(answer)) == (503, True)
    rig.fake.down = False
    for wrong in ({"issuer": "https://evil.example"}, {"token_endpoint": "http://login.example/token"}, {"jwks_uri": "file:///etc/passwd"}):
        known, rig.fake.known = rig.fake.known, rig.fake.known | wrong
        assert rig.browser.get("/sign-in/openid").status_code == 503
        rig.fake.known = known
    assert rig.sign_in().status_code == 303


def test_without_a_provider_there_is_no_way_and_a_session_of_one_is_over(rig):
    come(rig)
    cookie = rig.browser.cookies.get(COOKIE)
    plain = Rig()
    assert plain.browser.get("/sign-in/openid").status_code == 404
    assert "openid" not in plain.browser.get("/sign-in").text
    plain.browser.cookies.set(COOKIE, cookie)
    assert plain.browser.get("/s/shop/health").status_code == 303


@pytest.mark.parametrize("text", ["sales", "sales=", "=viewer", "sales=shop:owner", "sales=:viewer", "sales=shop=viewer:"])
def test_a_mapping_that_is_none_is_told(text):
    with pytest.raises(ValueError, match="VALUE=SITE:ROLE"):
        read_roles(text)


def test_of_several_groups_the_role_counts_that_may_most():
    client = Client(ISSUER, CLIENT, "", "groups", read_roles("a=shop:viewer, b=shop:admin,c=viewer,cn=x=shop:analyst"))
    assert client.grants(["a", "b", "c"]) == {"shop": "admin", "*": "viewer"}
    assert client.grants(["cn=x"]) == {"shop": "analyst"}
    assert client.grants(["unknown"]) == {}
