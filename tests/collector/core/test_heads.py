"""A head that is recalled is the head the parser would have read: the same bytes but for the digits of Content-Length."""

import httptools
from hypothesis import given
from hypothesis import strategies as st

from collector.core.heads import MAX_BYTES, MAX_NOTES, NOTE_BYTES, Heads, split
from collector.core.routes import ROUTES

PAGE, PIXEL = ROUTES["/v1/page"], ROUTES["/v1/pixel/page"]
HEADERS = ("Host: c", "User-Agent: Mozilla/5.0", "Origin: https://shop.example", "X-Write-Key: k")


def post(body=b"{}", *headers, length=None):
    lines = ["POST /v1/page HTTP/1.1", *HEADERS, f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(query="data=e30", *headers):
    return "\r\n".join([f"GET /v1/pixel/page?{query} HTTP/1.1", *HEADERS, *headers]).encode() + b"\r\n\r\n"


def learned(*requests):
    heads = Heads()
    for data in requests * 2:
        request = split(data)
        route = PIXEL if data.startswith(b"GET") else PAGE
        heads.learn(request, (parsed(data) or {}).get("headers", {}), route=route, query="", origin="https://shop.example")
    return heads


def parsed(data):
    """Return what httptools reads: the request line, the headers, and the body of a whole request."""
    found = {"headers": {}, "body": b"", "whole": 0, "url": b""}

    class Reader:
        def on_url(self, url):
            found["url"] += url

        def on_header(self, name, value):
            found["headers"][name.decode("latin-1").lower()] = value.decode("latin-1")

        def on_body(self, body):
            found["body"] += body

        def on_message_complete(self):
            found["whole"] += 1

    parser = httptools.HttpRequestParser(Reader())
    try:
        parser.feed_data(data)
    except httptools.HttpParserError:
        return None
    return found | {"method": parser.get_method()}


def test_the_next_request_with_the_same_head_and_another_body_is_recalled():
    heads = learned(post())
    request = split(post(b'{"longer":true}'))
    assert heads.recall(request.known_by).lines[request.line] == (PAGE, "")
    assert request.body == b'{"longer":true}'


def test_a_head_that_came_once_is_not_kept():
    heads, request = Heads(), split(post())
    heads.learn(request, {}, route=PAGE, query="", origin=None)
    assert heads.recall(request.known_by) is None


def test_a_pixel_is_recalled_by_its_headers():
    assert learned(get()).recall(split(get("data=W10")).known_by) is not None


def test_what_frames_a_body_otherwise_is_never_learned():
    for header in ("Transfer-Encoding: chunked", "TRANSFER-ENCODING: chunked", "Content-Length: 2", "Expect: 100-continue", "Upgrade: h2c"):
        assert learned(post(b"{}", header)).recall(split(post(b"{}", header)).known_by) is None
    assert learned(get("data=e30", "Content-Length: 0")).recall(split(get("data=e30", "Content-Length: 0")).known_by) is None


def test_what_is_not_one_whole_request_is_not_split():
    whole = post()
    for data in (
        whole[:-1],
        whole + b"G",
        whole * 2,
        b"",
        b"\r\n",
        whole[:20],
        post(b"{}", length="+2"),
        post(b"{}", length="2 "),
        post(length=""),
    ):
        assert split(data) is None


def test_heads_are_bounded_by_what_they_weigh():
    heads, filler = Heads(), "y" * 3000
    for number in sorted([*range(MAX_BYTES // 6000)] * 2):
        heads.learn(split(post(b"{}", f"X: {number} {filler}")), {}, route=PAGE, query="", origin=None)
    assert heads.recall(split(post(b"{}", f"X: 0 {filler}")).known_by) is None
    assert heads.recall(split(post(b"{}", f"X: {MAX_BYTES // 6000 - 1} {filler}")).known_by) is not None


def test_notes_are_bounded_by_what_they_weigh():
    heads = learned(post())
    head = heads.recall(split(post()).known_by)
    for number in range(MAX_NOTES + 1):
        heads.note(head, ("", number), number)
    assert head.notes == {("", MAX_NOTES): MAX_NOTES}
    for number in range(MAX_BYTES // NOTE_BYTES + 1):
        heads.note(head, ("", number), number)
    assert heads.recall(split(post()).known_by) is None


pieces = st.sampled_from(
    [b"\r\n", b"Content-Length: 2", b"ength: 3", b"Transfer-Encoding: chunked", b" ", b"\0", b"5", b"X-Strength: 2\r\n", b":"]
)


@given(st.data())
def test_whatever_is_changed_in_a_request_it_is_recalled_only_as_the_parser_reads_it(data):
    original = post(b'{"a":1}')
    at = data.draw(st.integers(0, len(original)))
    upto = data.draw(st.integers(at, min(len(original), at + 20)))
    changed = original[:at] + data.draw(pieces | st.binary(max_size=3)) + original[upto:]
    request = split(changed)
    head = learned(original).recall(request.known_by) if request is not None else None
    if head is None or request.line not in head.lines:
        return
    read = parsed(changed)
    assert read is not None
    assert read["whole"] == 1
    assert (read["url"], read["method"], read["body"]) == (b"/v1/page", b"POST", request.body)
    assert {name: value for name, value in read["headers"].items() if name != "content-length"} == head.headers
