"""`/v1/me` tells the visitor at hand what the site lists, and can be made to tell nobody else's.

The hostile list at the end is what attackers would try; each must come to nothing of anybody.
"""

import asyncio
import base64
from dataclasses import replace

import httpx2
import pytest

from collector.app import create_app
from collector.core.proofs import LIFETIME_S, Proof, sign_visitor
from collector.core.signing import pseudonym
from collector.core.visitor_tokens import sign_token
from collector.ports import Tables
from schemas.codec import dumps
from tests.collector.conftest import NOW
from tests.collector.knowing import DEMO, EVIL, FIELDS, KNOWN, NEW, OLD, SERVER_KEY, SHOP, Topic, customer_token, encoded, knowing, profile
from tests.collector.recording import eventually
from tests.collector.serving import serving

ALICE = "alice-browser"
SECRETS = ("alices", "bobs", "others", "hashed")


@pytest.fixture
def transport():
    return "fast"


@pytest.fixture
def topic():
    hashed = [profile("hashed", f"{kind}:{pseudonym(b'pepper', 'carol')}", "hashed") for kind in "vc"]
    return Topic(*KNOWN, *hashed)


@pytest.fixture
async def port(config, publisher, topic, tmp_path):
    app = create_app(knowing(config, tmp_path), publisher, now_ms=lambda: NOW, tables=Tables(profiles=topic))
    async with serving(app, "fast") as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def known():
                return (await me(client, bearer(ALICE))).status_code == 200

            await eventually(known)
        yield port


def token(visitor=ALICE, proof=DEMO, now=NOW):
    return sign_visitor(visitor, proof, now_ms=now)


def bearer(visitor=ALICE, proof=DEMO, now=NOW):
    return {"authorization": f"Bearer {token(visitor, proof, now)}"}


async def me(http, headers=None, key="demo-key", path="/v1/me", method="GET"):
    return await http.request(method, f"{path}?writeKey={key}", headers={"origin": SHOP} | (headers or {}))


async def test_a_visitor_gets_an_id_and_a_token_that_tells_only_listed_fields(http, topic):
    made = (await me(http, method="POST")).json()
    visitor, shown = made["visitorId"], {"authorization": f"Bearer {made['token']}"}
    assert (await me(http, shown)).json()["profile"] == {}  # nothing is known yet
    topic.records.append(profile("demo", f"v:{visitor}", "mine"))
    topic.lost.set()

    async def known():
        return (await me(http, shown)).json()["profile"]

    await eventually(known)
    answer = await me(http, shown, path="/v1/me/")
    told = answer.json()
    assert set(told) == {"success", "profile", "token"}
    assert set(told["profile"]) == FIELDS
    assert told["profile"]["interests"][0]["category"] == "mine"
    assert told["profile"]["segments"] == ["warm"]
    assert visitor not in answer.text.replace(told["token"], "")
    assert (answer.headers["cache-control"], answer.headers["access-control-allow-origin"]) == ("private, no-store", SHOP)


async def test_each_answer_brings_a_token_that_goes_on(http):
    again = (await me(http, bearer(now=NOW - (LIFETIME_S - 5) * 1000))).json()["token"]
    assert again == token()
    assert (await me(http, {"authorization": f"Bearer {again}"})).status_code == 200


async def test_tokens_of_a_key_that_still_counts_are_read_and_those_of_one_that_does_not_are_not(http):
    assert (await me(http, bearer(proof=Proof("demo", (OLD,))))).status_code == 200
    assert (await me(http, bearer(proof=Proof("demo", (b"retired",))))).status_code == 401


async def test_a_customers_fields_are_told_to_whom_the_sites_server_vouches_for(http):
    for headers in ({}, bearer()):
        told = (await me(http, headers | {"x-customer-token": customer_token()})).json()
        assert told["profile"]["interests"][0]["category"] == "alices secret"
    assert (await me(http, {"x-customer-token": customer_token(key=b"j" * 32, aud=["x", "demo"])})).status_code == 200


async def test_a_site_that_keeps_hashes_is_asked_by_the_ids_that_it_sends(http):
    hashed = replace(DEMO, site="hashed")
    assert (await me(http, bearer("carol", hashed), "hashed-key")).json()["profile"]["stage"] == "intent"
    assert (await me(http, {"x-customer-token": customer_token("carol", aud="hashed")}, "hashed-key")).json()["profile"][
        "stage"
    ] == "intent"


async def test_a_browser_may_ask_first_from_the_sites_own_origins_only(http):
    wanted = {"access-control-request-method": "GET", "access-control-request-headers": "authorization, x-customer-token"}
    allowed = await me(http, wanted, method="OPTIONS")
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, SHOP)
    assert "x-customer-token" in allowed.headers["access-control-allow-headers"].lower()
    refused = await me(http, wanted | {"origin": EVIL}, method="OPTIONS")
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (401, False)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_visitor_who_must_not_be_tracked_gets_neither_fields_nor_an_id(http, method):
    answer = await me(http, bearer() | {"sec-gpc": "1"}, method=method)
    assert answer.json() == {"success": True, "profile": {}}


async def test_a_site_that_lists_no_fields_tells_and_gives_nothing(http):
    for method in ("GET", "POST"):
        answer = await me(http, bearer(), "silent-key", method=method)
        assert (answer.status_code, answer.json()["code"]) == (403, "nothing_to_tell")


def swapped():
    """Alice's token with Bob in place of her."""
    version, expires, _, signature = token().split(".")
    return f"{version}.{expires}.{encoded(b'bob-browser')}.{signature}"


def later():
    version, expires, visitor, signature = token(now=NOW - 2 * LIFETIME_S * 1000).split(".")
    return f"{version}.{int(expires, 16) + 10 * LIFETIME_S:x}.{visitor}.{signature}"


def bit_flipped():
    found = token()
    return found[:-1] + ("A" if found[-1] != "A" else "B")


def stripped():
    return customer_token(header={"alg": "none"}).rpartition(".")[0] + "."


def handover():
    return sign_token(ALICE, NEW, now_ms=NOW, browser="python-httpx")


def unsigned_claims():
    head, _, signature = customer_token("bob").split(".")
    return f"{head}.{encoded(dumps({'sub': 'alice', 'aud': 'demo', 'exp': NOW // 1000 + 60}))}.{signature}"


VISITOR_TOKENS = {
    "the bare id of a visitor": lambda: ALICE,
    "the bare id of a customer": lambda: "alice",
    "a key of the topic": lambda: "demo:v:alice-browser",
    "an empty token": lambda: ".",
    "dots only": lambda: "...",
    "a token cut off": lambda: token()[:-10],
    "a token cut off in front": lambda: token()[4:],
    "a token without its signature": lambda: token().rpartition(".")[0] + ".",
    "one bit flipped": bit_flipped,
    "somebody else's id under a good signature": swapped,
    "a later end under a good signature": later,
    "an expired token": lambda: token(now=NOW - (LIFETIME_S + 2) * 1000),
    "another site's token": lambda: token(proof=Proof("other", (b"others key",))),
    "a token of a guessed key": lambda: token(proof=Proof("demo", (b"demo-key",))),
    "a token signed with nothing": lambda: token(proof=Proof("demo", (b"",))),
    "a hand-over token, which is signed for any id that is named": handover,
    "a customer token in place of a visitor token": customer_token,
    "a write key": lambda: "demo-key",
    "a secret key": lambda: "fp_s_demo",
    "two tokens": lambda: f"{token()} {token('bob-browser')}",
    "a very long token": lambda: "A" * 6_000,
    "another version": lambda: token().replace("p1.", "p2.", 1),
    "blanks and a quote": lambda: f'"{token()}"',
}

CUSTOMER_TOKENS = {
    "a bare customer": lambda: "alice",
    "no algorithm": lambda: customer_token(header={"alg": "none"}),
    "no algorithm and no signature": stripped,
    "another algorithm": lambda: customer_token(header={"alg": "HS512"}),
    "a header that is no object": lambda: customer_token(header=["HS256"]),
    "what must be understood": lambda: customer_token(header={"alg": "HS256", "crit": ["exp"]}),
    "a visitor's signing key": lambda: customer_token(key=NEW),
    "the write key": lambda: customer_token(key=b"demo-key"),
    "an empty key": lambda: customer_token(key=b""),
    "another site's key": lambda: customer_token(key=b"o" * 32),
    "another site's audience": lambda: customer_token(aud="other"),
    "no audience": lambda: customer_token(aud=None),
    "expired": lambda: customer_token(exp=NOW // 1000),
    "no end": lambda: customer_token(exp=None),
    "an end that is no number": lambda: customer_token(exp="never"),
    "an end that is true": lambda: customer_token(exp=True),
    "good for ever": lambda: customer_token(exp=NOW // 1000 + 999_999_999),
    "not good yet": lambda: customer_token(nbf=NOW // 1000 + 60),
    "no customer": lambda: customer_token(sub=None),
    "a customer that is a list": lambda: customer_token(sub=["alice"]),
    "a junk customer": lambda: customer_token("null"),
    "claims of another": unsigned_claims,
    "four parts": lambda: f"{customer_token()}.x",
    "a visitor token": token,
    "padding": lambda: f"{customer_token()}==",
}


def reveals(answer):
    return any(secret in answer.text for secret in SECRETS)


async def test_no_forged_visitor_token_tells_anything(http):
    for name, forged in VISITOR_TOKENS.items():
        answer = await me(http, {"authorization": f"Bearer {forged()}"})
        assert (answer.status_code, reveals(answer)) == (401, False), name


async def test_no_forged_customer_token_tells_anything_also_beside_a_good_visitor_token(http):
    for name, forged in CUSTOMER_TOKENS.items():
        shown = {"x-customer-token": forged()}
        for headers in (shown, shown | bearer("bob-browser")):
            answer = await me(http, headers)
            assert (answer.status_code, reveals(answer)) == (401, False), name


NAMING = (
    {"authorization": base64.b64encode(b"demo-key:").decode()},
    {"authorization": f"Basic {base64.b64encode(f'{ALICE}:'.encode()).decode()}"},
    {"cookie": f"fp_id={ALICE}; fp_visitor={ALICE}; fp_proof={ALICE}"},
    {"anonymousid": ALICE, "x-visitor-id": ALICE, "x-forwarded-user": "alice"},
    {"x-original-url": "/v1/profiles/alice", "x-rewrite-url": "/v1/profiles/alice", "x-http-method-override": "POST"},
)


async def test_no_header_names_a_visitor(http):
    for headers in NAMING:
        answer = await me(http, headers)
        assert (answer.status_code, reveals(answer)) == (401, False), headers


async def test_no_parameter_names_a_visitor(http):
    for query in ("&visitorId=alice-browser", "&anonymousId=alice-browser", "&customer=alice", "&token=x", "&userId=alice"):
        for method in ("GET", "POST"):
            answer = await http.request(method, f"/v1/me?writeKey=demo-key{query}", headers={"origin": SHOP})
            assert not reveals(answer)
            assert ALICE not in answer.text


@pytest.mark.parametrize("body", [{"visitorId": ALICE}, {"anonymousId": ALICE, "previousId": ALICE}, {"token": ALICE}])
async def test_nobody_gets_a_token_for_an_id_that_they_name(http, body):
    answer = await http.post("/v1/me?writeKey=demo-key", json=body, headers={"origin": SHOP})
    assert answer.json()["visitorId"] != ALICE
    assert not reveals(await me(http, {"authorization": f"Bearer {answer.json()['token']}"}))
    asked = await http.post("/v1/visitor", json={"writeKey": "demo-key", "visitorId": ALICE, "mode": "server"}, headers={"origin": SHOP})
    assert (await me(http, {"authorization": f"Bearer {asked.json().get('token')}"})).status_code == 401


async def test_who_says_to_be_somebody_else_sees_no_more_than_before(http):
    made = (await me(http, method="POST")).json()
    said = {"anonymousId": made["visitorId"], "userId": "alice", "traits": {}}
    assert (await http.post("/v1/identify", json=said, headers={"x-write-key": "demo-key", "origin": SHOP})).status_code == 200
    alias = {"previousId": made["visitorId"], "userId": "alice"}
    assert (await http.post("/v1/alias", json=alias, headers={"x-write-key": "demo-key", "origin": SHOP})).status_code == 200
    answer = await me(http, {"authorization": f"Bearer {made['token']}"})
    assert (answer.json()["profile"], reveals(answer)) == ({}, False)


async def test_a_visitor_who_has_become_a_customer_or_was_forgotten_is_told_nothing_with_the_old_token(http, topic):
    topic.records.append((b"demo:v:alice-browser", None))
    topic.lost.set()

    async def gone():
        return (await me(http, bearer())).json()["profile"] == {}

    await eventually(gone)
    assert not reveals(await me(http, bearer()))


ELSEWHERE = (
    EVIL,
    "null",
    f"{SHOP}.evil.example",
    f"{SHOP}:444",
    "http://shop.example",
    f"{SHOP}/",
    f"{SHOP}, {EVIL}",
    "https://SHOP.example",
)


async def test_no_page_of_another_origin_is_told_anything(http):
    for origin in ELSEWHERE:
        for method in ("GET", "POST"):
            answer = await me(http, bearer() | {"origin": origin}, method=method)
            assert (answer.status_code, reveals(answer)) == (401, False), origin
            assert "access-control-allow-origin" not in answer.headers


async def test_a_token_is_good_for_its_own_site_only(http):
    for key in ("", "other-key", "nobody", "demo-key%00", "fp_s_demo", "demo-key,other-key"):
        answer = await me(http, bearer() | {"x-customer-token": customer_token()}, key)
        assert (answer.status_code, reveals(answer)) == (401, False), key


@pytest.mark.parametrize(
    "lines",
    [
        [b"authorization: Bearer x", b"authorization: Bearer %TOKEN%"],
        [b"authorization: Bearer %TOKEN%", b"authorization: Bearer %BOB%"],
        [b"x-customer-token: x", b"x-customer-token: %CUSTOMER%"],
        [b"origin: https://shop.example", b"origin: https://evil.example", b"authorization: Bearer %TOKEN%"],
        [b"authorization : Bearer %TOKEN%"],
        [b"x: y", b" authorization: Bearer %TOKEN%"],
        [b"content-length: 4", b"transfer-encoding: chunked", b"authorization: Bearer %TOKEN%"],
    ],
)
async def test_doubled_folded_and_smuggled_headers_come_to_nothing(port, lines):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    given = {b"%TOKEN%": token(), b"%BOB%": token("bob-browser"), b"%CUSTOMER%": customer_token()}
    head = b"\r\n".join([b"GET /v1/me?writeKey=demo-key HTTP/1.1", b"host: c", *lines, b"connection: close", b"", b""])
    for name, value in given.items():
        head = head.replace(name, value.encode())
    writer.write(head)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert not any(secret.encode() in answer for secret in SECRETS)
    assert not answer.startswith(b"HTTP/1.1 200")


async def test_other_methods_and_paths_do_nothing(http):
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await me(http, bearer(), method=method)).status_code == 405
    for path in ("/v1/me/alice", "/v1/me/../profiles/alice", "/v1//me", "/v1/me.json"):
        answer = await me(http, bearer(), path=path)
        assert (answer.status_code in (401, 404), reveals(answer)) == (True, False)
    assert SERVER_KEY not in (await http.get("/openapi.json")).content
