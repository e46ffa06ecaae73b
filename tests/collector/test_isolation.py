"""One site's keys, rates, lists and secrets are nothing on another site."""

import base64
from itertools import product

import httpx2
import pytest

from collector.app import create_app
from footprint import keys, suppressing
from footprint.parts.collector import config_of
from footprint.settings import Settings, SiteSettings
from tests.collector.recording import eventually
from tests.collector.serving import serving

VIEW = {"type": "page", "anonymousId": "visitor-1", "messageId": "m1"}
CLAIM = {"site": "blog", "writeKey": "blog", "properties": {"site": "blog"}, "context": {"site": "blog", "writeKey": "blog"}}


@pytest.fixture
def settings(tmp_path):
    sites = {
        "shop": SiteSettings(keys=("shop", "shop-2"), allowed_origins=("https://shop.example",), rate_per_key=20),
        "blog": SiteSettings(keys=("blog",), allowed_origins=("https://blog.example",)),
    }
    return Settings(sites=sites, data_dir=tmp_path / "data", secret_keys="secret")


@pytest.fixture
def config(settings):
    return config_of(settings)


def places(key):
    basic = base64.b64encode(f"{key}:".encode()).decode()
    return {
        "basic": {"headers": {"authorization": f"Basic {basic}"}},
        "bearer": {"headers": {"authorization": f"Bearer {key}"}},
        "header": {"headers": {"x-write-key": key}},
        "query": {"params": {"writeKey": key}},
    }


async def send(http, key, *messages, **headers):
    return await http.post("/v1/batch", json={"batch": list(messages) or [VIEW]}, headers={"x-write-key": key} | headers)


def sites(publisher):
    return {stored["site"] for stored in publisher.stored} | {record["site"] for record in publisher.turned_away}


async def test_a_key_writes_into_its_own_site_whatever_the_body_claims(http, publisher):
    bad = {**CLAIM, "type": "teleport"}
    for path, place in product(["/v1/batch", "/v1/page", "/beacon/v1/batch"], places("blog")):
        body = {**VIEW, **CLAIM} if path == "/v1/page" else {"batch": [{**VIEW, **CLAIM}, bad], "site": "blog", "writeKey": "blog"}
        answer = await http.post(path, json=body, **places("shop-2")[place])
        assert answer.status_code == 200, (path, place)
    assert sites(publisher) == {"shop"}
    assert len(publisher.stored) == 12
    assert all(key == b"shop" for key, _ in publisher.rejected)


async def test_a_pixel_writes_into_the_site_of_its_key(http, publisher):
    data = base64.urlsafe_b64encode(b'{"anonymousId":"v","writeKey":"blog","site":"blog"}').decode()
    await http.get("/v1/pixel/page", params={"data": data, "writeKey": "shop"})
    assert sites(publisher) == {"shop"}


async def test_what_is_no_key_writes_nowhere(http, publisher):
    for key in ("", " ", "SHOP", "sho", "shop\0", "blog,shop", "shop/../blog", "*", "null", 7, None, ["shop"]):
        answer = await http.post("/v1/batch", json={"batch": [VIEW], "writeKey": key})
        assert (answer.status_code, sites(publisher)) == (401, set()), key


async def test_a_key_is_bound_to_the_origins_of_its_own_site(http, publisher):
    assert (await send(http, "shop", origin="https://blog.example")).status_code == 401
    assert (await send(http, "blog", origin="https://shop.example")).status_code == 401
    assert sites(publisher) == set()
    assert (await send(http, "shop", origin="https://shop.example")).status_code == 200
    assert (await send(http, "shop")).status_code == 200  # a server has no origin
    assert sites(publisher) == {"shop"}


async def test_a_key_over_its_rate_is_told_when_to_come_back_and_others_are_not_slowed(http, publisher):
    many = [{**VIEW, "messageId": f"m{number}"} for number in range(60)]
    assert (await send(http, "shop", *many)).status_code == 200
    limited = await send(http, "shop", origin="https://shop.example")
    assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
    assert int(limited.headers["retry-after"]) >= 1
    assert limited.headers["access-control-expose-headers"] == "Retry-After"
    assert limited.headers["access-control-allow-origin"] == "https://shop.example"
    assert [(await send(http, key)).status_code for key in ("shop-2", "blog")] == [200, 200]
    assert len(publisher.stored) == 62
    assert 'footprint_collector_refused_total{code="rate_limited"} 1.0' in (await http.get("/metrics")).text


async def test_the_same_ids_on_two_sites_are_two_events(http, publisher):
    for key in ("shop", "blog"):
        assert (await send(http, key)).json()["accepted"] == 1
    assert sites(publisher) == {"shop", "blog"}


async def is_refused(http, key):
    return (await send(http, key)).status_code == 401


async def is_taken(http, key):
    return (await send(http, key)).status_code == 200


async def test_a_key_made_while_running_writes_into_its_site_only_and_is_taken_back_again(http, publisher, settings):
    path = keys.keys_file(settings)
    made, other = keys.create(path, "blog", "write"), keys.create(path, "new-site", "write")
    await eventually(lambda: is_taken(http, made))
    assert sites(publisher) == {"blog"}
    assert (await send(http, made, origin="https://shop.example")).status_code == 401
    await send(http, other)
    assert sites(publisher) == {"blog", "new-site"}
    keys.revoke(path, "blog", made)
    await eventually(lambda: is_refused(http, made))
    assert await is_taken(http, other)
    assert await is_taken(http, "blog")
    assert made.encode() not in path.read_bytes()


async def test_a_secret_key_cannot_write(http, publisher, settings):
    secret, write = keys.create(keys.keys_file(settings), "shop", "secret"), keys.create(keys.keys_file(settings), "shop", "write")
    await eventually(lambda: is_taken(http, write))
    publisher.events.clear()
    assert await is_refused(http, secret)
    assert sites(publisher) == set()
    assert (await http.get(f"/v1/projects/{secret}/settings")).status_code == 401
    assert (await http.get(f"/v1/projects/{write}/settings")).status_code == 200


async def test_a_keys_file_that_is_broken_changes_nothing(http, settings):
    path = keys.keys_file(settings)
    made = keys.create(path, "blog", "write")
    await eventually(lambda: is_taken(http, made))
    path.write_text('{"keys": [{"hash": 7')
    keys.keys_file(settings).with_name("suppressed").write_text("")
    suppressing.suppress(settings, "blog", ["anna"])  # seen in the same look, after the broken file
    assert await is_taken(http, made)
    await eventually(lambda: turned_away(http, "blog", "anna"))
    assert await is_taken(http, made)


async def turned_away(http, key, customer, **fields):
    answer = (await send(http, key, {"type": "track", "event": "x", "userId": customer} | fields)).json()
    return answer["rejected"] == 1 and answer["errors"][0]["code"] == "not_stored"


async def test_a_suppressed_customer_is_turned_away_on_that_site_and_on_no_other(http, publisher, settings):
    suppressing.suppress(settings, "blog", ["anna", "anna", "bea"])
    await eventually(lambda: turned_away(http, "blog", "anna"))
    publisher.events.clear()
    assert await turned_away(http, "blog", "bea", anonymousId="visitor-1")
    assert await turned_away(http, "blog", "carl", type="alias", previousId="anna")
    assert (publisher.events, publisher.rejected) == ({}, [])
    assert not await turned_away(http, "blog", "carl")
    assert not await turned_away(http, "shop", "anna")
    assert b"anna" not in suppressing.suppressions_file(settings).read_bytes()
    assert suppressing.is_suppressed(settings, "blog", "anna")
    assert not suppressing.is_suppressed(settings, "shop", "anna")
    assert suppressing.release(settings, "blog", "anna")
    await eventually(lambda: taken_again(http, "blog", "anna"))
    assert await turned_away(http, "blog", "bea")


async def taken_again(http, key, customer):
    return not await turned_away(http, key, customer)


async def test_a_site_that_hashes_ids_turns_away_by_the_id_and_by_its_hash(publisher, tmp_path):
    settings = Settings(sites={"hashed": SiteSettings(keys=("hashed",), hash_ids=True)}, data_dir=tmp_path / "other", secret_keys="secret")
    async with (
        serving(create_app(config_of(settings), publisher), "fast") as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        await send(http, "hashed", {"type": "track", "event": "x", "userId": "bea"})
        [stored] = publisher.stored
        suppressing.suppress(settings, "hashed", ["anna"])
        suppressing.suppress(settings, "hashed", [stored["customer_id"]])
        await eventually(lambda: turned_away(http, "hashed", "anna"))
        await eventually(lambda: turned_away(http, "hashed", "bea"))


async def test_events_after_the_list_was_torn_are_judged_by_what_is_whole(settings):
    suppressing.suppress(settings, "blog", ["anna"])
    path = suppressing.suppressions_file(settings)
    with path.open("ab") as file:
        file.write(b"0123abc")  # a write that was cut off
    suppressing.suppress(settings, "blog", ["bea"])
    assert suppressing.is_suppressed(settings, "blog", "anna")
    assert suppressing.is_suppressed(settings, "blog", "bea")
