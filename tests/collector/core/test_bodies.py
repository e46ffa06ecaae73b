"""Reading bodies, keys, pixels, addresses and records."""

import base64
import gzip
import json
import math
from ipaddress import ip_network
from itertools import pairwise
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.addresses import client_address, kept_address
from collector.core.answers import GIF, Refusal
from collector.core.batches import read_batch, read_single
from collector.core.bodies import read_body
from collector.core.keys import key_in_body, key_outside_body
from collector.core.pixels import read_pixel, read_query
from collector.core.records import records_of

LIMIT = 10_000
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | finite | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=10,
)


def read(body, encoding=""):
    return read_body(body, limit=LIMIT, encoding=encoding)


@given(values, st.booleans())
def test_any_json_is_read_plain_or_gzipped(value, zipped):
    body = json.dumps(value).encode()
    assert read(gzip.compress(body) if zipped else body) == value


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_reading_fail(body, zipped):
    read(gzip.compress(body) if zipped else body)
    read(b"\x1f\x8b" + body)


@given(st.lists(st.none() | finite | st.sampled_from([math.nan, math.inf, -math.inf])))
def test_bare_nan_and_infinity_are_null(numbers):
    body = json.dumps({"batch": numbers}).encode()
    assert read(body) == {"batch": [n if n is not None and math.isfinite(n) else None for n in numbers]}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"a\\ud800b"', "a\ufffdb"),
        (b'{"\\udfff": 1}', {"\ufffd": 1}),
        (b'"\\ud83d\\ude00 NaN"', "\U0001f600 NaN"),
        (b'["\xff", 1]', ["\ufffd", 1]),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b"[1e400, -1e400]", [None, None]),
        (b"[" + b"9" * 5000 + b"]", [None]),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'"\\u0000"', "\0"),
    ],
)
def test_sloppy_json_is_read(body, value):
    assert read(body) == value


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b"<xml/>", b"[" * 100_000, b'{"a":' * 50_000, b"\x1f\x8b", b"\x1f\x8bnot gzip"])
def test_what_is_not_json_is_unreadable(body):
    refusal = read(body)
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (400, "invalid_json")


def test_a_cut_gzip_stream_is_unreadable():
    assert read(gzip.compress(b'{"a":1}')[:-3]).status == 400


def test_a_bomb_is_stopped_at_the_limit_and_the_limit_is_named():
    refusal = read(gzip.compress(b" " * 5_000_000))
    assert (refusal.status, refusal.code) == (413, "too_large")
    assert "10,000" in refusal.message


def test_members_of_a_gzip_stream_are_joined_up_to_a_few():
    assert read(gzip.compress(b'{"a"') + gzip.compress(b":1}")) == {"a": 1}
    assert read(gzip.compress(b"") * 5000).status == 400


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [(b"\x28\xb5\x2f\xfd", "zstd", 415), (b"{", "gzip", 400), (b"{", "br", 415), (b"{}", "br", None), (b"{}", "gzip", None)],
)
def test_the_encoding_header_is_only_a_hint(body, encoding, status):
    answer = read(body, encoding)
    assert (answer.status if isinstance(answer, Refusal) else None) == status


def basic(user, password=""):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "query", "key"),
    [
        ({"authorization": basic("a"), "x-write-key": "b"}, "c", "a"),
        ({"authorization": basic("a", "secret")}, "", "a"),
        ({"authorization": "Bearer a", "x-write-key": "b"}, "c", "a"),
        ({"authorization": "bearer  a"}, "", "a"),
        ({"authorization": "Basic !!!", "x-write-key": "b"}, "c", "b"),
        ({"authorization": basic(""), "x-write-key": "b"}, "c", "b"),
        ({"authorization": "Digest a"}, "c", "c"),
        ({"x-write-key": "b"}, "c", "b"),
        ({}, "c", "c"),
        ({}, "", ""),
    ],
)
def test_keys_are_taken_from_the_first_place_that_has_one(headers, query, key):
    assert key_outside_body(headers, query) == key


@pytest.mark.parametrize(("payload", "key"), [({"writeKey": "k"}, "k"), ({"writeKey": 5}, ""), ([], ""), ({}, ""), (None, "")])
def test_a_body_may_hold_the_key(payload, key):
    assert key_in_body(payload) == key


MESSAGE = {"userId": "ü?>~", "event": "Email Opened", "properties": {"message_id": "m1"}}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("quoted", [True, False])
def test_pixel_data_is_read_in_every_base64_dialect(encode, padded, quoted):
    data = encode(json.dumps(MESSAGE, ensure_ascii=False).encode()).decode()
    data = data if padded else data.rstrip("=")
    assert read_pixel(read_query("data=" + (quote(data, safe="") if quoted else data))) == MESSAGE


def test_plain_pixel_parameters_become_a_message():
    query = urlencode({"writeKey": "k", "userId": "ü", "properties.a.b": "1", "properties.c": "2", "context.page.url": "https://x/?a=b"})
    expected = {"userId": "ü", "properties": {"a": {"b": "1"}, "c": "2"}, "context": {"page": {"url": "https://x/?a=b"}}}
    assert read_pixel(read_query(query)) == expected


@given(st.dictionaries(st.text("ab.", min_size=1, max_size=30), st.text(max_size=5)))
def test_no_parameters_make_a_pixel_fail(parameters):
    assert isinstance(read_pixel(parameters), dict)


@given(st.text(max_size=60))
def test_no_pixel_data_makes_reading_fail(data):
    read_pixel({"data": data})


def test_a_query_of_too_many_fields_is_left_unread():
    assert read_query("&".join(f"a{i}=1" for i in range(2000))) == {}


def test_the_pixel_is_a_gif_of_43_bytes():
    assert GIF.startswith(b"GIF89a")
    assert len(GIF) == 43


TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", "1.1.1.1", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, junk", "10.0.0.1"),
        ("::1", "1.1.1.1:5555", "1.1.1.1"),
        ("::1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "10.0.0.9,10.0.0.8", "10.0.0.9"),
        ("", "1.1.1.1", ""),
    ],
)
def test_forwarded_addresses_are_believed_only_from_trusted_proxies(peer, forwarded, client):
    assert client_address(peer, forwarded, TRUSTED) == client


@given(st.ip_addresses())
def test_a_truncated_address_names_a_network_and_stays_the_same(address):
    kept = kept_address(str(address), "truncate")
    assert kept is not None
    assert kept_address(kept, "truncate") == kept


@given(st.lists(st.binary(min_size=1, max_size=60).filter(lambda line: b"\n" not in line)), st.integers(60, 200))
def test_records_hold_all_lines_in_order_within_the_limit(lines, limit):
    records = list(records_of(lines, limit))
    assert all(0 < len(record) <= limit for record in records)
    assert [line for record in records for line in record.split(b"\n")] == lines
    assert all(len(a) + 1 + len(b.split(b"\n")[0]) > limit for a, b in pairwise(records))


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [({"batch": [1, 2], "sentAt": "t"}, ([1, 2], "t")), ([1], ([1], None)), ({"batch": {}}, 400), ({}, 400), (5, 400), (None, 400)],
)
def test_a_batch_is_an_envelope_or_a_bare_list(payload, outcome):
    batch = read_batch(payload)
    assert (batch.status if isinstance(batch, Refusal) else (batch.messages, batch.sent_at)) == outcome


def test_a_batch_has_at_most_ten_thousand_events():
    assert not isinstance(read_batch([{}] * 10_000), Refusal)
    assert read_batch([{}] * 10_001).code == "too_many_events"


def test_a_single_message_is_an_object():
    assert read_single([1]).status == 400
    assert read_single({"sentAt": 5}).messages == [{"sentAt": 5}]
