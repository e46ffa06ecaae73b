import base64
import gzip

import pytest

from footprint.demo.day import Post
from footprint.demo.sending import requests_of
from footprint.demo.visitor import ANALYTICS_JS, SERVER, SNIPPET
from schemas.codec import loads

MESSAGES = [{"type": "page", "messageId": "a"}, {"type": "track", "messageId": "b"}, {"type": "identify", "messageId": "c"}]


def requests(library):
    return list(requests_of(Post(library, MESSAGES), "the-key", "2026-01-01T00:00:00Z"))


def test_the_snippet_posts_a_batch_without_asking_for_permission():
    [request] = requests(SNIPPET)
    assert request.path == "/v1/batch"
    assert request.headers["Content-Type"] == "text/plain"  # no CORS preflight
    assert loads(request.body) == {"batch": MESSAGES, "sentAt": "2026-01-01T00:00:00Z", "writeKey": "the-key"}


def test_analytics_js_posts_one_message_at_a_time():
    found = requests(ANALYTICS_JS)
    assert [request.path for request in found] == ["/v1/p", "/v1/t", "/v1/i"]
    assert [loads(request.body)["messageId"] for request in found] == ["a", "b", "c"]
    assert all(loads(request.body)["writeKey"] == "the-key" for request in found)


def test_a_server_posts_gzip_and_names_itself_by_basic_authentication():
    [request] = requests(SERVER)
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"the-key:"
    assert "writeKey" not in loads(gzip.decompress(request.body))


@pytest.mark.parametrize("library", [SNIPPET, ANALYTICS_JS, SERVER])
def test_every_message_goes_out_once(library):
    bodies = [request.body if library != SERVER else gzip.decompress(request.body) for request in requests(library)]
    sent = [one["messageId"] for body in bodies for one in loads(body).get("batch", [loads(body)])]
    assert sorted(sent) == ["a", "b", "c"]
