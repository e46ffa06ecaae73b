"""`GET /v1/profiles/{customer}`: a secret key reads what is known of its own site's customers, as it shows now."""

import httpx2
import pytest

from collector.app import create_app
from collector.core.signing import pseudonym
from collector.ports import Tables
from collector.profile_cache import AT_ONCE, ProfileCache
from tests.collector.conftest import NOW
from tests.collector.knowing import KNOWN, SHOP, Topic, knowing, profile
from tests.collector.recording import eventually
from tests.collector.serving import serving

SECRET = {"authorization": "Bearer fp_s_demo"}


@pytest.fixture
def transport():
    return "fast"


@pytest.fixture
def topic():
    return Topic(*KNOWN, profile("hashed", f"c:{pseudonym(b'pepper', 'carol')}", "hashed"))


@pytest.fixture
async def port(config, publisher, topic, tmp_path):
    async with serving(create_app(knowing(config, tmp_path), publisher, now_ms=lambda: NOW, tables=Tables(profiles=topic)), "fast") as port:
        yield port


async def asked(http, customer="alice", **headers):
    return await http.get(f"/v1/profiles/{customer}", headers=SECRET | headers)


async def test_everything_that_is_known_is_told_as_it_shows_now(http):
    answer = await asked(http)
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    assert (body["site"], body["customer"], body["stage"], body["bands"]["engagement"]) == ("demo", "alice", "intent", "2")
    assert body["scores"]["engagement"]["value"] == 20.0
    assert body["interests"] == [{"category": "alices secret", "points": pytest.approx(5.6569, abs=1e-4)}]
    assert (body["segments"], body["consent"]["choice"], body["preferences"][0]["opt"]) == ({"warm": NOW - 5}, "granted", "out")
    assert body["asOf"] == NOW


@pytest.mark.parametrize("path", ["alice/", "alice?x=1", "a%2Fb%20c%2F", "a/b%20c%2F/"])
async def test_ids_are_read_as_they_were_written(http, path):
    assert (await asked(http, path)).status_code == 200


async def test_who_is_unknown_and_what_is_another_sites_is_a_404(http):
    for customer in ("nobody", "", "v:alice-browser", "c:alice", "alice%00", "%ff%fe", "%2e%2e/alice", "a" * 4_000):
        answer = await asked(http, customer)
        assert answer.status_code == 404, customer
    other = await asked(http, authorization="Bearer fp_s_other")
    assert other.json()["interests"][0]["category"] == "others secret"


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("", 401, "unknown_key"),
        ("Bearer nobody", 401, "unknown_key"),
        ("Basic ZnBfc19kZW1vOg", 401, "unknown_key"),
        ("Bearer demo-key", 403, "not_a_secret_key"),
        ("Bearer fp_w_demo", 403, "not_a_secret_key"),
    ],
)
async def test_only_a_secret_key_reads(http, key, status, code):
    answer = await http.get("/v1/profiles/alice?writeKey=fp_s_demo", headers={"authorization": key} if key else {})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].endswith((".", "`."))


async def test_a_page_of_any_origin_may_not_read_it(http):
    for headers in ({"origin": SHOP}, {"origin": "null"}):
        assert "access-control-allow-origin" not in (await asked(http, **headers)).headers
    preflight = await http.options("/v1/profiles/alice", headers={"origin": SHOP, "access-control-request-method": "GET"})
    assert (preflight.status_code, "access-control-allow-origin" in preflight.headers) == (405, False)


async def test_what_has_not_changed_is_a_304_and_what_has_is_told_within_a_moment(http, topic):
    tag = (await asked(http)).headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}'):
        again = await asked(http, **{"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    topic.records.append(profile("demo", "c:alice", "hats"))
    topic.records.append((b"demo:c:bob", None))
    topic.lost.set()

    async def changed():
        return (await asked(http, **{"if-none-match": tag})).status_code == 200 and (await asked(http, "bob")).status_code == 404

    await eventually(changed)


async def test_nobody_is_told_anything_before_the_topic_was_read_to_its_end(config, publisher, tmp_path):
    topic = Topic(*KNOWN)
    topic.readable.clear()
    app = create_app(knowing(config, tmp_path), publisher, tables=Tables(profiles=topic))
    async with serving(app, "fast") as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await asked(client)
        assert (answer.status_code, answer.json()["code"], "retry-after" in answer.headers) == (503, "not_known", True)
        topic.readable.set()

        async def known():
            return (await asked(client)).status_code == 200

        await eventually(known)
        assert list((tmp_path / "cache").iterdir()) == []  # the file has no name any more


def test_the_cache_holds_what_was_put_last(tmp_path):
    cache = ProfileCache(tmp_path / "made")
    for number in range(2 * AT_ONCE + 10):
        cache.put(f"demo:c:{number}".encode(), b"first")
    for number in range(AT_ONCE):
        cache.put(f"demo:c:{number}".encode(), b"second" if number % 2 else None)
    assert [cache.get(f"demo:c:{number}") for number in (0, 1, AT_ONCE, 2 * AT_ONCE + 9)] == [None, b"second", b"first", b"first"]
    assert cache.get("demo:c:\ud800") is None
    cache.close()
