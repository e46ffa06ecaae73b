"""What a visitor wishes and what a site promises, by what is left in the records."""

from http.cookies import SimpleCookie
from itertools import product

import pytest

from footprint.parts.collector import config_of
from footprint.settings import Settings, SiteSettings
from schemas.events import Event

PAGE = {"type": "page", "messageId": "m1", "anonymousId": "visitor-1", "userId": "anna-1"}
CONSENT = {"type": "track", "event": "Consent Updated", "messageId": "c1", "anonymousId": "visitor-1", "userId": "anna-1"}
GPC, DNT = {"sec-gpc": "1"}, {"dnt": "1"}
BROWSER = {"origin": "https://shop.example", "user-agent": "Mozilla/5.0 (planted-agent)", "sec-fetch-mode": "cors"}


@pytest.fixture
def config(tmp_path):
    sites = {
        "plain": SiteSettings(keys=("plain",)),
        "dnt": SiteSettings(keys=("dnt",), dnt=True),
        "nobody": SiteSettings(keys=("nobody",), anonymous=True, mode="none"),
        "hashed": SiteSettings(keys=("hashed",), hash_ids=True),
        "hashed-too": SiteSettings(keys=("hashed-too",), hash_ids=True),
        "server": SiteSettings(keys=("server",), mode="server", cookie=True, dnt=True),
        "server-too": SiteSettings(keys=("server-too",), mode="server", cookie=True),
    }
    return config_of(
        Settings(sites=sites, data_dir=tmp_path / "data", secret_keys="old-secret,new-secret", trusted_proxies="198.51.100.77")
    )


async def post(http, site, *messages, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await http.post("/v1/batch", json={"batch": list(messages)}, headers={"x-write-key": site} | named)


def raw(publisher):
    """Return every byte that would be in Kafka."""
    lines = [line for lines in publisher.events.values() for line in lines]
    return b"\n".join([*lines, *(part for record in publisher.rejected for part in record)])


ASKED = [
    ("plain", {}, True),
    ("plain", {"sec-gpc": "0"}, True),
    ("plain", GPC, False),
    ("plain", DNT, True),
    ("dnt", DNT, False),
    ("dnt", {"dnt": "0"}, True),
    ("dnt", GPC, False),
]


async def test_a_visitor_who_declines_is_answered_and_not_stored(http, publisher):
    turned_away = 0
    for (site, headers, wanted), consent, place in product(ASKED, [None, "granted", "pending", "denied"], ["message", "context"]):
        told = {} if consent is None else {"consent": consent} if place == "message" else {"context": {"consent": consent}}
        publisher.events.clear()
        answer = await http.post("/v1/batch", json={"batch": [PAGE | told]}, headers={"x-write-key": site} | headers)
        kept = wanted and consent != "denied"
        case = (site, headers, consent, place)
        assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (200, kept, not kept), case
        assert len(publisher.stored) == kept, case
        if not kept:
            turned_away += 1
            [named] = answer.json()["errors"]
            assert (named["code"], named["id"], named["index"]) == ("not_stored", "m1", 0)
            assert raw(publisher) == b"", case
    assert f'footprint_collector_events_rejected_total{{reason="not_stored"}} {turned_away}.0' in (await http.get("/metrics")).text


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, {"properties": {"consent": "denied"}}),
        ({}, {"properties": {"status": "denied"}}),
        ({}, {"consent": "denied"}),
        (GPC, {"properties": {"consent": "denied"}}),
        (GPC, {"properties": {"consent": "granted"}}),
    ],
)
async def test_of_a_refusal_only_the_choice_is_kept(http, publisher, headers, told):
    message = (
        CONSENT | told | {"context": {"ip": "203.0.113.9", "page": {"url": "https://shop.example/planted"}, "traits": {"a": "planted"}}}
    )
    answer = await http.post("/v1/batch", json={"batch": [message]}, headers={"x-write-key": "plain"} | BROWSER | headers)
    assert answer.json()["accepted"] == 1
    [stored] = publisher.stored
    Event.model_validate(stored)
    choice = (told.get("properties") or told).get("consent", "denied")
    assert (stored["kind"], stored["consent"], stored["event_id"]) == ("consent", choice, "c1")
    assert stored.keys() <= {"event_id", "site", "kind", "name", "created_at", "sent_at", "received_at", "content_hash", "consent"}
    for planted in (b"visitor-1", b"anna-1", b"planted", b"203.0.113", b"198.51.100"):
        assert planted not in raw(publisher)


async def test_a_granted_choice_is_kept_with_whose_it_is(http, publisher):
    await post(http, "plain", CONSENT | {"properties": {"consent": "granted"}})
    [stored] = publisher.stored
    assert (stored["consent"], stored["visitor_id"], stored["customer_id"]) == ("granted", "visitor-1", "anna-1")


async def test_a_status_that_is_denied_is_no_refusal_of_tracking(http, publisher):
    await post(http, "plain", {**PAGE, "type": "track", "event": "Loan Decided", "properties": {"status": "denied"}})
    assert len(publisher.stored) == 1


async def test_a_pixel_of_a_visitor_who_declines_is_an_image_and_nothing_else(http, publisher):
    answer = await http.get("/v1/pixel/page?writeKey=plain&anonymousId=visitor-1", headers=GPC)
    assert (answer.status_code, answer.headers["content-type"], raw(publisher)) == (200, "image/gif", b"")


PLANTED = {
    "type": "identify",
    "messageId": "m7",
    "anonymousId": "planted-visitor",
    "userId": "planted-customer",
    "groupId": "planted-group",
    "traits": {"email": "planted@mail.example"},
    "context": {
        "ip": "203.0.113.77",
        "traits": {"name": "planted-name"},
        "page": {"url": "https://shop.example/?email=planted@mail.example&token=planted-token"},
    },
}
TRACES = (b"planted-", b"planted@", b"203.0.113", b"198.51.100", b"192.0.2")


async def test_an_anonymous_site_leaves_nothing_of_the_visitor_in_the_record(http, publisher):
    headers = {"x_forwarded_for": "192.0.2.23", "cookie": "fp_id=planted-cookie; session=planted-session"}
    messages = [
        PLANTED,
        {**PLANTED, "type": "alias", "messageId": "m8", "previousId": "planted-previous"},
        {**PLANTED, "type": "group", "messageId": "m9"},
        {**PLANTED, "type": "teleport", "messageId": "m10"},
        {**PLANTED, "type": "track", "kind": "nonsense", "messageId": "m11"},
        [PLANTED],
    ]
    answer = await post(http, "nobody", *messages, **headers, origin="https://shop.example", user_agent="Browser/7")
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (3, 3)
    assert "set-cookie" not in answer.headers
    assert [trace for trace in TRACES if trace in raw(publisher)] == []
    assert {stored["visitor_id"][:4] for stored in publisher.stored} == {"day-"}
    assert len({stored["visitor_id"] for stored in publisher.stored}) == 1
    assert all("customer_id" not in stored and "ip" not in stored for stored in publisher.stored)
    assert {record["original"] for record in publisher.turned_away} == {""}


@pytest.mark.parametrize("site", ["nobody", "hashed"])
async def test_the_content_hash_does_not_confirm_a_guessed_id(http, publisher, site):
    message = {"type": "track", "event": "x", "messageId": "m1", "userId": "anna-1"}
    for key in (site, site, "plain"):
        assert (await post(http, key, message, message)).json()["duplicate"] == 1
    plain, *private = (stored["content_hash"] for stored in sorted(publisher.stored, key=lambda stored: stored["site"] != "plain"))
    assert len(set(private)) == 1
    assert plain != private[0]
    assert len(plain) == len(private[0]) == 16


async def test_a_refusal_has_the_same_hash_whoever_refuses(http, publisher):
    for who in ("anna", "bea"):
        await post(http, "plain", CONSENT | {"userId": who, "consent": "denied"})
    assert len({stored["content_hash"] for stored in publisher.stored}) == 1


async def test_an_anonymous_visitor_is_another_by_address_and_by_browser(http, publisher):
    for address, agent in (("192.0.2.1", "A"), ("192.0.2.2", "A"), ("192.0.2.1", "B"), ("192.0.2.1", "A")):
        await post(http, "nobody", {"type": "page"}, x_forwarded_for=address, user_agent=agent, sec_fetch_mode="cors")
    assert len({stored["visitor_id"] for stored in publisher.stored}) == 3


async def test_imported_history_is_hashed_by_its_own_days(http, publisher):
    context = {"ip": "192.0.2.9", "userAgent": "Browser/7"}
    days = ["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "2026-01-02T10:00:00Z", "no time"]
    history = [{"type": "page", "anonymousId": "log-1", "timestamp": day, "context": context} for day in days]
    await http.post("/v1/batch?historical=1", json={"batch": history}, headers={"x-write-key": "nobody"})
    assert len({stored["visitor_id"] for stored in publisher.stored}) == 3
    assert b"192.0.2" not in raw(publisher)


async def test_a_server_of_an_anonymous_site_may_name_its_customer_without_a_visitor(http, publisher):
    await post(http, "nobody", {"type": "track", "event": "Order Completed", "anonymousId": "planted-visitor", "userId": "order-9"})
    [stored] = publisher.stored
    assert stored["customer_id"] == "order-9"
    assert b"planted" not in raw(publisher)


async def test_hashed_ids_are_the_same_ones_every_time_and_other_ones_on_each_site(http, publisher):
    for site in ("hashed", "hashed", "hashed-too"):
        await post(http, site, {**PAGE, "messageId": None})
    await post(http, "hashed", {**PAGE, "type": "teleport"})
    first, second, other = sorted(publisher.stored, key=lambda stored: stored["site"])
    for name in ("visitor_id", "customer_id"):
        assert first[name] == second[name] != other[name]
        assert len(first[name]) == 32
    assert b"visitor-1" not in raw(publisher)
    assert b"anna-1" not in raw(publisher)


async def test_addresses_are_scrubbed_before_they_are_written(http, publisher):
    page = {"url": "https://shop.example/?email=a@b.example&key=k9&n=1", "referrer": "https://m.example/u/a%40b.example"}
    bad = {"type": "teleport", "context": {"page": page}}
    await post(http, "plain", {**PAGE, "context": {"page": page}, "properties": {"href": "/x?token=t9", "note": "a@b"}}, bad)
    [stored] = publisher.stored
    assert stored["url"] == "https://shop.example/?email=(email)&key=(removed)&n=1"
    assert stored["referrer"] == "https://m.example/u/(email)"
    assert stored["props"] == {"href": "/x?token=(removed)", "note": "a@b"}
    assert b"b.example" not in raw(publisher)


# cookies


def set_cookie(answer):
    [morsel] = SimpleCookie(answer.headers["set-cookie"]).values()
    return morsel


async def test_the_cookie_is_first_party_private_and_shorter_than_thirteen_months(http, publisher):
    answer = await post(http, "server", {"type": "page"}, origin="https://shop.example")
    cookie = set_cookie(answer)
    assert cookie.key == "fp_id"
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, True, "Lax", "/", "")
    assert 0 < int(cookie["max-age"]) <= 395 * 86_400
    assert publisher.stored[0]["visitor_id"]


async def test_the_cookie_brings_the_visitor_back_and_is_refreshed(http, publisher):
    first = set_cookie(await post(http, "server", {"type": "page"}, origin="https://shop.example"))
    again = await post(http, "server", {"type": "page"}, origin="https://shop.example", cookie=f"a=b; fp_id={first.value}; c=d")
    assert (set_cookie(again).value, set_cookie(again)["max-age"]) == (first.value, first["max-age"])
    assert len(publisher.stored) == 2
    assert len({stored["visitor_id"] for stored in publisher.stored}) == 1
    await http.get("/v1/pixel/page?writeKey=server", headers={"cookie": f"fp_id={first.value}"})
    assert len({stored["visitor_id"] for stored in publisher.stored}) == 1


async def test_an_event_keeps_its_own_visitor_and_a_first_cookie_takes_it_over(http, publisher):
    first = set_cookie(await post(http, "server", PAGE, origin="https://shop.example"))
    await post(http, "server", {"type": "page"}, origin="https://shop.example", cookie=f"fp_id={first.value}")
    await post(
        http,
        "server",
        {**PAGE, "anonymousId": "visitor-2", "messageId": "m2"},
        origin="https://shop.example",
        cookie=f"fp_id={first.value}",
    )
    assert sorted(stored["visitor_id"] for stored in publisher.stored) == ["visitor-1", "visitor-1", "visitor-2"]


@pytest.mark.parametrize("forged", ["visitor-1", "dmlzaXRvci0x.AAAAAAAAAAAAAAAA", "dmlzaXRvci0x.", ".", "", "é.é", "=" * 50])
async def test_a_cookie_that_is_not_ours_names_nobody(http, publisher, forged):
    await post(http, "server", {"type": "page"}, origin="https://shop.example", cookie=f"fp_id={forged}".encode())
    assert publisher.stored[0]["visitor_id"] != "visitor-1"


async def test_the_cookie_of_one_site_is_nobody_on_another(http, publisher):
    first = set_cookie(await post(http, "server", PAGE, origin="https://shop.example"))
    await post(http, "server-too", {"type": "page"}, origin="https://shop.example", cookie=f"fp_id={first.value}")
    assert publisher.stored[-1]["visitor_id"] != "visitor-1" or publisher.stored[0]["visitor_id"] != "visitor-1"


@pytest.mark.parametrize("headers", [GPC, DNT])
async def test_who_declines_gets_no_cookie(http, publisher, headers):
    answer = await http.post("/v1/batch", json={"batch": [PAGE]}, headers={"x-write-key": "server"} | BROWSER | headers)
    assert (answer.status_code, "set-cookie" in answer.headers, publisher.stored) == (200, False, [])


@pytest.mark.parametrize("headers", [GPC, DNT])
async def test_who_declines_is_not_told_who_they_are(http, headers):
    question = {"writeKey": "server", "mode": "server", "visitorId": "visitor-1"}
    answer = await http.post("/v1/visitor", json=question, headers=headers)
    assert (answer.status_code, answer.json(), "set-cookie" in answer.headers) == (200, {"success": True}, False)
    assert "set-cookie" in (await http.post("/v1/visitor", json=question)).headers


async def test_a_refusal_ends_the_cookie(http, publisher):
    first = set_cookie(await post(http, "server", PAGE, origin="https://shop.example"))
    refusal = CONSENT | {"properties": {"consent": "denied"}}
    answer = await post(http, "server", refusal, origin="https://shop.example", cookie=f"fp_id={first.value}")
    assert (set_cookie(answer)["max-age"], set_cookie(answer).value) == ("0", "")
    assert [stored.get("visitor_id") for stored in publisher.stored if stored["kind"] == "consent"] == [None]


@pytest.mark.parametrize(("site", "headers"), [("plain", BROWSER), ("server", {}), ("nobody", BROWSER)])
async def test_no_cookie_without_the_setting_and_none_for_servers(http, site, headers):
    answer = await http.post("/v1/batch", json={"batch": [PAGE]}, headers={"x-write-key": site} | headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)


async def test_an_event_that_could_not_be_kept_sets_no_cookie(http, publisher):
    publisher.away = True
    answer = await post(http, "server", PAGE, origin="https://shop.example")
    assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)


def test_what_a_site_signs_with_is_never_shown(config):
    for rules in config.sites.values():
        for key in (rules.anonymous_key, rules.hash_key, *rules.cookie_keys):
            assert not key or repr(key) not in repr(config)
