"""What somebody would try who should not see this: over every page of the route table, so that a new page is held to it too."""

import re

import pytest
from starlette.testclient import TestClient

from console.app import HEADERS
from console.bodies import LARGEST
from console.core.accounts import User
from console.seats import COOKIE
from tests.console.routes import pages
from tests.console.test_console import HASH, PASSWORD, Rig

EVERY = pages()
POSTS = [page for page in EVERY if page.method == "POST"]


@pytest.fixture
def rig(monkeypatch):
    monkeypatch.setattr("console.passwords.NOBODYS", HASH)
    return Rig()


def test_a_site_of_others_is_not_there_on_any_page(rig):
    rig.sign_in("vera")
    csrf = {"csrf": rig.csrf()}
    rig.store.asked.clear()
    for theirs, none in zip(pages("blog"), pages("nowhere"), strict=True):
        answers = [rig.browser.request(one.method, one.path, data=csrf if one.method == "POST" else None) for one in (theirs, none)]
        assert [answer.status_code for answer in answers] == [404, 404], theirs
        assert answers[0].text == answers[1].text, theirs
    assert rig.store.asked == []


@pytest.mark.parametrize("page", POSTS, ids=lambda page: page.template)
def test_no_form_is_taken_that_this_session_did_not_make(rig, page):
    rig.sign_in()
    mine, others = rig.csrf(), Rig()
    others.sign_in()
    tries = [
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": others.csrf()}, {}),
        ({"csrf": mine}, {"origin": "https://evil.example"}),
        ({"csrf": mine}, {"origin": "null"}),
        ({"csrf": mine}, {"origin": "http://testserver.evil.example"}),
        ({}, {"x-csrf-token": "x"}),
    ]
    rig.store.asked.clear()
    for fields, headers in tries:
        assert rig.browser.post(page.path, data=fields, headers=headers).status_code == 403, (fields.keys(), headers)
    assert rig.store.asked == []


def test_a_page_that_changes_something_is_not_asked_for_by_get(rig):
    rig.sign_in()
    gets = {page.path for page in EVERY if page.method == "GET"}
    for page in POSTS:
        if page.path not in gets:
            assert rig.browser.get(page.path, params={"csrf": rig.csrf()}).status_code in (404, 405), page


def test_every_answer_says_that_it_is_not_kept_framed_or_guessed_at(rig):
    rig.sign_in()
    asked = ["/", "/sign-in", "/nothing", "/s/nowhere/overview", *(page.path for page in EVERY if page.method == "GET")]
    browser = TestClient(rig.browser.app, follow_redirects=False, raise_server_exceptions=False, cookies=rig.browser.cookies)
    for path in asked:
        answer = browser.get(path)
        assert {name: answer.headers.get(name.lower()) for name in HEADERS} == HEADERS, path
        assert answer.headers.get("access-control-allow-origin") is None, path


def test_a_bug_is_a_page_that_says_nothing_of_it(rig):
    rig.sign_in()
    rig.store.error = RuntimeError("planted")
    browser = TestClient(rig.browser.app, follow_redirects=False, raise_server_exceptions=False, cookies=rig.browser.cookies)
    answer = browser.get("/s/shop/overview")
    assert (answer.status_code, "planted" in answer.text, "Something broke here" in answer.text) == (500, False, True)
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_what_is_served_as_a_file_leads_to_no_other_file(rig):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fpyproject.toml", "/static//etc/passwd", "/static/"):
        assert rig.browser.get(path).status_code == 404, path


def test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it(rig):
    rig.browser.cookies.set(COOKIE, "planted")
    made = rig.sign_in().headers["set-cookie"]
    assert "planted" not in made
    first = re.search(rf"{COOKIE}=([^;]+)", made)[1]
    second = re.search(rf"{COOKIE}=([^;]+)", rig.sign_in().headers["set-cookie"])[1]
    assert first != second
    for worthless in (
        "planted",
        first[:-4],
        first + "x",
        first.split(".")[0],
        f"{second.rpartition('.')[0]}.{first.rpartition('.')[2]}",
        "",
    ):
        rig.browser.cookies.clear()
        rig.browser.cookies.set(COOKIE, worthless)
        assert rig.browser.get("/s/shop/health").status_code == 303, worthless


def test_a_session_ends_after_a_working_day_and_is_not_from_tomorrow(rig):
    rig.sign_in()
    rig.now += 12 * 3600 - 1
    assert rig.browser.get("/s/shop/health").status_code == 200
    rig.now += 1
    assert rig.browser.get("/s/shop/health").status_code == 303
    rig.now -= 13 * 3600
    assert rig.browser.get("/s/shop/health").status_code == 303


def test_over_tls_the_cookie_comes_back_over_tls_only(rig):
    browser = TestClient(rig.browser.app, base_url="https://testserver", follow_redirects=False)
    kept = browser.post("/sign-in", data={"name": "root", "password": PASSWORD}).headers["set-cookie"].lower()
    assert all(word in kept for word in ("secure", "httponly", "samesite=lax", "path=/"))
    assert "domain=" not in kept


def tried(rig, address, name):
    browser = TestClient(rig.browser.app, client=(address, 1), follow_redirects=False)
    return browser.post("/sign-in", data={"name": name, "password": "wrong"}).status_code


def test_many_names_from_one_address_and_one_name_from_many_addresses_become_slow(rig):
    assert [tried(rig, "192.0.2.1", f"name{at}") for at in range(6)] == [401] * 5 + [429]
    assert [tried(rig, f"192.0.2.{at}", "root") for at in range(10, 16)] == [401] * 5 + [429]
    assert tried(rig, "192.0.2.99", "vera") == 401


def test_a_role_that_is_lessened_in_the_middle_ends_what_it_allowed(rig):
    rig.users["ann"] = User("ann", HASH, {"shop": "admin"}, 1, 1)
    rig.store.answers["beside"] = [{"events": 0, "beside": 0}]
    rig.sign_in("ann")
    csrf = rig.csrf()
    assert rig.browser.get("/s/shop/plan/proposal").status_code == 200
    rig.users["ann"] = User("ann", HASH, {"shop": "viewer"}, 1, 1)
    assert rig.browser.get("/s/shop/plan/proposal").status_code == 403
    assert rig.browser.post("/s/shop/plan/proposal/publish", data={"csrf": csrf, "plan": "events: {}"}).status_code == 403


def test_a_form_that_is_too_large_is_refused_before_it_is_read_whole(rig):
    read = 0

    def much():
        nonlocal read
        for _ in range(64):
            read += 1
            yield b"x" * (LARGEST // 16)

    for path in ("/sign-in", "/s/shop/plan/proposal/check"):
        rig.sign_in()
        head = {"content-type": "application/x-www-form-urlencoded"}
        assert rig.browser.post(path, content=b"name=" + b"x" * LARGEST, headers=head).status_code == 413
        assert rig.browser.post(path, content=much(), headers=head).status_code == 413


@pytest.mark.parametrize("name", ["root\r\nSet-Cookie: a=b", "root\0", "../root", "*", "oidc:root", "a" * 10_000])
def test_a_name_that_is_none_is_nobody(rig, name):
    answer = rig.sign_in(name)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
