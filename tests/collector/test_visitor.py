"""Whose browser it is: by token, by cookie, by what the snippet knows."""

import json
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.config import CollectorConfig
from collector.core.sites import SiteRules
from collector.core.visitor_tokens import LIFETIME_S, read_token, sign_token
from collector.used_tokens import UsedTokens

KEYS = (b"old", b"new")
NOW_MS = 1_790_000_000_000
BROWSER = "Mozilla/5.0"
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@given(TEXTS, st.integers(0, LIFETIME_S))
def test_a_token_tells_its_visitor_for_two_minutes(visitor: str, age_s: int) -> None:
    token = sign_token(visitor, KEYS[1], now_ms=NOW_MS, browser=BROWSER)
    assert read_token(token, KEYS, now_ms=NOW_MS + age_s * 1000, browser=BROWSER) == visitor
    assert read_token(token, KEYS, now_ms=NOW_MS + (LIFETIME_S + 1) * 1000, browser=BROWSER) is None
    assert read_token(token, KEYS[:1], now_ms=NOW_MS, browser=BROWSER) is None


@given(TEXTS, st.text(alphabet=st.characters(exclude_characters="\0")))
def test_a_token_is_good_in_the_browser_it_was_made_for_and_in_no_other(visitor: str, other: str) -> None:
    token = sign_token(visitor, KEYS[1], now_ms=NOW_MS, browser=BROWSER)
    assert read_token(token, KEYS, now_ms=NOW_MS, browser=other) == (visitor if other == BROWSER else None)


@given(st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    assert read_token(text, KEYS, now_ms=NOW_MS, browser=BROWSER) is None


@given(TEXTS, st.data())
def test_a_token_changed_anywhere_is_none(visitor: str, data: st.DataObject) -> None:
    token = sign_token(visitor, KEYS[1], now_ms=NOW_MS, browser=BROWSER)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_characters=token[at], codec="ascii"))
    changed = token[:at] + other + token[at + 1 :]
    assert read_token(changed, KEYS, now_ms=NOW_MS, browser=BROWSER) is None


@pytest.fixture
def config(config: CollectorConfig, tmp_path: Path) -> CollectorConfig:
    rules = SiteRules("shop", frozenset({"https://shop.example"}), cookie_keys=KEYS)
    return replace(config, sites={**config.sites, "shop-key": rules}, used_tokens=tmp_path / "used-tokens")


async def ask(http: httpx2.AsyncClient, question: object, **headers: str) -> httpx2.Response:
    return await http.post("/v1/visitor", content=json.dumps(question), headers={"origin": "https://shop.example", **headers})


async def test_mode_server_sets_a_cookie_that_goes_before_what_the_snippet_knows(http: httpx2.AsyncClient) -> None:
    first = await ask(http, {"writeKey": "shop-key", "mode": "server", "visitorId": "v1"})
    assert first.json()["visitorId"] == "v1"
    assert first.headers["access-control-allow-credentials"] == "true"
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    again = await ask(http, {"writeKey": "shop-key", "mode": "server", "visitorId": "v2"}, cookie=cookie.partition(";")[0])
    assert again.json()["visitorId"] == "v1"


async def test_a_reset_ends_the_cookie(http: httpx2.AsyncClient) -> None:
    answer = await ask(http, {"writeKey": "shop-key", "mode": "server", "reset": True})
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_a_token_goes_before_everything_and_a_wrong_one_counts_for_nothing(http: httpx2.AsyncClient) -> None:
    token = (await ask(http, {"writeKey": "shop-key", "visitorId": "v1"})).json()["token"]
    assert (await ask(http, {"writeKey": "shop-key", "visitorId": "v2", "token": token})).json()["visitorId"] == "v1"
    assert (await ask(http, {"writeKey": "shop-key", "visitorId": "v2", "token": token + "x"})).json()["visitorId"] == "v2"


async def test_a_token_that_was_passed_on_to_another_browser_is_nobody(http: httpx2.AsyncClient) -> None:
    token = (await ask(http, {"writeKey": "shop-key", "visitorId": "v1"}, **{"user-agent": "one"})).json()["token"]
    told = await ask(http, {"writeKey": "shop-key", "visitorId": "v2", "token": token}, **{"user-agent": "two"})
    assert told.json()["visitorId"] == "v2"


async def test_a_token_is_good_once(http: httpx2.AsyncClient) -> None:
    token = (await ask(http, {"writeKey": "shop-key", "visitorId": "v1"})).json()["token"]
    told = [(await ask(http, {"writeKey": "shop-key", "visitorId": "v2", "token": token})).json()["visitorId"] for _ in range(2)]
    assert told == ["v1", "v2"]


def test_collectors_of_one_machine_share_what_was_used_and_forget_it_when_it_is_worth_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "used"
    one, other = UsedTokens(folder), UsedTokens(folder)
    now_ms = int(time.time() * 1000)
    assert one.use("a", now_ms)
    assert not other.use("a", now_ms)
    assert other.use("b", now_ms)
    assert UsedTokens(folder).use("c", now_ms + 3 * LIFETIME_S * 1000)
    assert len(list(folder.iterdir())) == 1


def test_a_token_that_cannot_be_remembered_is_not_good(tmp_path: Path) -> None:
    (tmp_path / "used").write_text("no folder")
    assert not UsedTokens(tmp_path / "used").use("a", NOW_MS)


async def test_other_modes_set_no_cookie_and_junk_ids_are_replaced(http: httpx2.AsyncClient) -> None:
    answer = await ask(http, {"writeKey": "shop-key", "visitorId": "undefined"})
    assert "set-cookie" not in answer.headers
    assert len(answer.json()["visitorId"]) == 36


async def test_a_site_without_cookie_keys_gets_its_own_id_back(http: httpx2.AsyncClient) -> None:
    answer = await ask(http, {"writeKey": "demo-key", "mode": "server", "visitorId": "v1"})
    assert answer.json() == {"success": True, "visitorId": "v1", "token": None}
    assert "set-cookie" not in answer.headers


async def test_global_privacy_control_is_told_and_given_nothing(http: httpx2.AsyncClient) -> None:
    answer = await ask(http, {"writeKey": "shop-key", "mode": "server", "visitorId": "v1"}, **{"sec-gpc": "1"})
    assert answer.json() == {"success": True}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("question", [{}, [], {"writeKey": 5}, {"writeKey": "nobody"}])
async def test_an_unknown_key_is_refused_so_that_the_page_can_read_it(http: httpx2.AsyncClient, question: object) -> None:
    answer = await ask(http, question)
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


async def test_another_origin_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await ask(http, {"writeKey": "shop-key"}, origin="https://elsewhere.example")
    assert answer.status_code == 401


async def test_a_build_is_served_by_its_name_and_for_ever_by_its_content(http: httpx2.AsyncClient, config: CollectorConfig) -> None:
    assert config.snippet is not None
    full = config.snippet.with_name("fp.full.js")
    full.write_text("window.footprint=2")
    digest = sha256(full.read_bytes()).hexdigest()[:16]
    assert (await http.get("/fp.full.js")).text == "window.footprint=2"
    pinned = await http.get(f"/fp.{digest}.js")
    assert (pinned.text, pinned.headers["cache-control"]) == ("window.footprint=2", "public, max-age=31536000, immutable")
    assert (await http.get("/fp.0123456789abcdef.js")).status_code == 404
