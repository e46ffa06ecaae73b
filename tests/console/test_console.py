"""The console lets in who may see a site, and shows what the store and the parts say, also when they do not."""

import re
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from console.app import create_app
from console.core.accounts import User
from console.desk import Outside
from console.ports import PartHealth
from console.seats import COOKIE
from footprint.ended_file import EndedFile
from schemas.errors import Retryable
from tests.console.routes import pages

PASSWORD = "a long enough password"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""Checked as the real ones are, in a moment."""

EVENT = {
    "event_time": datetime(2026, 1, 1, 10, tzinfo=UTC),
    "kind": "page_view",
    "name": "",
    "page": "/pricing",
    "channel": "",
    "traffic": "human",
    "customer": "",
    "visitor": "1f2424d7",
}


class Parts:
    async def health(self):
        return [PartHealth("collector", True, None, ""), PartHealth("streams", False, 7, "kafka: away")]


class Store:
    def __init__(self):
        self.answers, self.asked, self.error = {}, [], None

    async def ask(self, sql, parameters):
        self.asked.append(dict(parameters))
        if self.error:
            raise self.error
        return next((rows for words, rows in self.answers.items() if words in sql), [])


class Users(dict):
    def find(self, name):
        return self.get(name)


class Rig:
    """A console, its outside, and a browser."""

    def __init__(self, **more):
        self.store, self.users, self.now = Store(), Users(), 1_800_000_000.0
        for name, grants in {"root": {"*": "admin"}, "vera": {"shop": "viewer"}, "nobody": {"gone": "admin"}}.items():
            self.users[name] = User(name, HASH, grants, 1, 1)
        outside = Outside(self.store, Parts(), self.users, lambda: ["blog", "shop"], ["key"], lambda: self.now, **more)
        self.browser = TestClient(create_app(outside), follow_redirects=False)

    def sign_in(self, name="root", password=PASSWORD, **more):
        return self.browser.post("/sign-in", data={"name": name, "password": password} | more)

    def csrf(self):
        return re.search(r'name="csrf" value="([^"]+)"', self.browser.get("/s/shop/health").text)[1]


@pytest.fixture
def rig():
    return Rig()


def test_nobody_sees_a_page_without_signing_in(rig):
    for page in pages():
        answer = rig.browser.request(page.method, page.path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), page
    assert rig.store.asked == []


def test_who_signs_in_comes_to_the_page_that_was_asked_for(rig):
    to = rig.browser.get("/s/shop/live?period=30d").headers["location"]
    assert 'value="/s/shop/live?period=30d"' in rig.browser.get(to).text
    assert rig.sign_in(next="/s/shop/live?period=30d").headers["location"] == "/s/shop/live?period=30d"


def test_a_wrong_password_keeps_the_page_that_was_asked_for(rig):
    assert 'value="/s/shop/live?period=30d"' in rig.sign_in(password="wrong", next="/s/shop/live?period=30d").text


ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "/\t/evil.example", "/\n/evil.example",
    "\\\\evil.example", "/\r\nSet-Cookie: fp_console=x", " //evil.example", "///evil.example", "//[evil", "http:evil.example",
]  # fmt: skip


@pytest.mark.parametrize("onward", ELSEWHERE)
def test_nobody_is_sent_to_another_website(rig, onward):
    assert "evil" not in rig.browser.get("/sign-in", params={"next": onward}).text
    assert "evil" not in rig.sign_in(password="wrong", next=onward).text
    answer = rig.sign_in(next=onward)
    assert answer.headers["location"] == "/"
    assert len(answer.headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize(("name", "password"), [("root", "wrong"), ("", ""), ("unknown", PASSWORD), ("root", PASSWORD + "x")])
def test_a_wrong_name_and_a_wrong_password_are_told_the_same(rig, name, password):
    answer = rig.sign_in(name, password)
    assert answer.status_code == 401
    assert "No such name, or another password." in answer.text
    assert COOKIE not in answer.cookies


def test_guessing_passwords_becomes_slow_also_for_the_right_one(rig):
    for _ in range(5):
        rig.sign_in(password="wrong")
    refused = rig.sign_in()
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    rig.now += 3
    assert rig.sign_in().status_code == 303


def test_another_website_cannot_sign_somebody_in(rig):
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = rig.browser.post("/sign-in", data={"name": "root", "password": PASSWORD}, headers=headers)
        assert answer.status_code == 403
        assert COOKIE not in answer.cookies


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_websites(rig):
    kept = rig.sign_in().headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "samesite=lax" in kept


def test_a_site_of_others_looks_like_one_that_is_not_there(rig):
    rig.sign_in("vera")
    assert rig.browser.get("/s/shop/health").status_code == 200
    theirs, none = rig.browser.get("/s/blog/health"), rig.browser.get("/s/nowhere/health")
    assert (theirs.status_code, theirs.text) == (none.status_code, none.text) == (404, none.text)
    assert "blog" not in rig.browser.get("/s/shop/health").text


def test_a_user_of_no_site_that_exists_is_told_what_to_do(rig):
    rig.sign_in("nobody")
    assert "No website yet" in rig.browser.get("/").text


def test_a_role_that_is_taken_away_and_a_new_password_end_the_session_at_the_next_click(rig):
    rig.sign_in("vera")
    rig.users["vera"] = User("vera", HASH, {"blog": "viewer"}, 1, 1)
    assert rig.browser.get("/s/shop/health").status_code == 404
    rig.users["vera"] = User("vera", HASH, {"shop": "viewer"}, 1, int(rig.now * 1000) + 1)
    assert rig.browser.get("/s/shop/health").status_code == 303
    del rig.users["vera"]
    assert rig.browser.get("/s/shop/health").status_code == 303


def test_signing_out_needs_the_form_of_the_session(rig):
    rig.sign_in()
    assert rig.browser.post("/sign-out").status_code == 404
    assert rig.browser.post("/sign-out", data={"csrf": rig.csrf()}, headers={"origin": "https://evil.example"}).status_code == 404
    assert rig.browser.get("/s/shop/health").status_code == 200
    assert rig.browser.post("/sign-out", data={"csrf": rig.csrf()}).status_code == 303
    assert rig.browser.get("/s/shop/health").status_code == 303


def test_signing_out_ends_every_copy_of_the_cookie_also_at_another_console_and_no_other_session(tmp_path):
    one, other = (Rig(ended=EndedFile(tmp_path / "sessions-ended")) for _ in range(2))
    one.sign_in()
    copied, csrf = one.browser.cookies[COOKIE], one.csrf()
    one.sign_in()
    second = one.browser.cookies[COOKIE]

    def come(rig, cookie):
        rig.browser.cookies.clear()
        return rig.browser.get("/s/shop/health", headers={"cookie": f"{COOKIE}={cookie}"})

    assert [come(rig, cookie).status_code for rig in (one, other) for cookie in (copied, second)] == [200] * 4
    assert one.browser.post("/sign-out", data={"csrf": csrf}, headers={"cookie": f"{COOKIE}={copied}"}).status_code == 303
    for rig in (one, other, Rig(ended=EndedFile(tmp_path / "sessions-ended"))):
        refused = come(rig, copied)
        assert (refused.status_code, refused.headers["location"].partition("?")[0]) == (303, "/sign-in")
        assert come(rig, second).status_code == 200
    assert "root" not in (tmp_path / "sessions-ended").read_text()


def test_a_sign_out_that_cannot_be_kept_says_so(tmp_path):
    rig = Rig(ended=EndedFile(tmp_path / "sessions-ended"))
    rig.sign_in()
    csrf = rig.csrf()
    (tmp_path / "sessions-ended").mkdir()
    rig.browser.app.state.desk.outside.ended.has = lambda _: False
    answer = rig.browser.post("/sign-out", data={"csrf": csrf})
    assert answer.status_code == 503
    assert "in this browser only" in answer.text
    assert COOKIE not in rig.browser.cookies


def test_every_question_is_asked_for_the_site_of_the_page_and_no_other(rig):
    rig.sign_in()
    for path in ("overview", "live", "live/rows", "health", "sql/freshness?site=blog"):
        assert rig.browser.get(f"/s/shop/{path}").status_code == 200
    assert rig.store.asked
    assert {parameters["site"] for parameters in rig.store.asked} == {"shop"}


def test_every_part_is_shown_with_its_lag_and_what_is_wrong_also_without_the_store(rig):
    rig.sign_in()
    rig.store.error = Retryable("The store does not answer.")
    text = rig.browser.get("/s/shop/health").text
    assert "7 behind" in text
    assert "kafka: away" in text
    assert "The store does not answer." in text


def test_a_store_that_is_away_is_a_sentence(rig):
    rig.sign_in()
    rig.store.error = Retryable("The store does not answer. Look at the part.")
    answer = rig.browser.get("/s/shop/overview")
    assert answer.status_code == 503
    assert "Look at the part." in answer.text


def test_a_website_without_events_says_how_to_send_the_first_one(rig):
    rig.sign_in()
    assert "No event yet" in rig.browser.get("/s/shop/live").text


def test_what_visitors_send_is_text(rig):
    rig.sign_in()
    rig.store.answers["newest"] = [EVENT | {"page": "<script>alert(1)</script>"}]
    text = rig.browser.get("/s/shop/live").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_no_page_runs_scripts_of_others_or_lets_itself_be_framed(rig):
    rig.sign_in()
    policy = rig.browser.get("/s/shop/health").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    text = rig.browser.get("/s/shop/overview").text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|style=", text)


def test_a_viewer_reads_the_sql_of_a_number_and_not_the_rows_that_no_page_shows_it(rig):
    rig.sign_in("vera")
    text = rig.browser.get("/s/shop/sql/rejected_examples?reason=no_id").text
    assert "FROM rejected" in text
    assert "role analyst" in text
    assert rig.store.asked == []


def test_no_page_of_one_site_asks_what_belongs_to_none(rig):
    rig.sign_in()
    assert rig.browser.get("/s/shop/sql/rejected").status_code == 404
    assert rig.store.asked == []


def test_a_question_that_is_not_there_is_a_sentence(rig):
    rig.sign_in()
    answer = rig.browser.get("/s/shop/sql/nothing")
    assert answer.status_code == 404
    assert "Go back and choose another one." in answer.text
