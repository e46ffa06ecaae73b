"""Sends the demo day to a collector, each request in the form of the library that it stands for."""

import base64
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from footprint.demo.cast import SHOP
from footprint.demo.day import Post
from footprint.demo.visitor import ANALYTICS_JS, SERVER
from schemas.codec import dumps
from schemas.errors import Retryable


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to the collector."""

    path: str
    body: bytes
    headers: dict[str, str]


def requests_of(post: Post, key: str, sent_at: str) -> Iterator[Request]:
    """Yield the requests that a library makes of these messages.

    The snippet posts a batch as text/plain; analytics.js one message at a time; the server library a gzipped batch with
    the key as Basic user.
    """
    if post.library == ANALYTICS_JS:
        for message in post.messages:
            body = dumps(message | {"sentAt": sent_at, "writeKey": key})
            yield Request(f"/v1/{message['type'][0]}", body, {"Content-Type": "text/plain", "Origin": SHOP})
    elif post.library == SERVER:
        body = gzip.compress(dumps({"batch": post.messages, "sentAt": sent_at}), mtime=0)
        user = base64.b64encode(f"{key}:".encode()).decode()
        yield Request(
            "/v1/batch", body, {"Authorization": f"Basic {user}", "Content-Encoding": "gzip", "User-Agent": "analytics-python/2.3.4"}
        )
    else:
        body = dumps({"batch": post.messages, "sentAt": sent_at, "writeKey": key})
        yield Request("/v1/batch", body, {"Content-Type": "text/plain", "Origin": SHOP})


def send_day(posts: list[Post], url: str, key: str) -> int:
    """Send the requests in order and return how many distinct events the collector has accepted.

    Raises Retryable when one of them is not accepted whole: the demo's events are all good.
    """
    with httpx2.Client(base_url=url, timeout=30) as client:
        return send_posts(posts, client, key)


def send_posts(posts: list[Post], client: httpx2.Client, key: str) -> int:
    """Send the requests by a client of the collector; as `send_day` otherwise."""
    ids: set[Any] = set()
    for post in posts:
        for request in requests_of(post, key, _now()):
            for _ in range(1 + post.again):
                _send(client, request)
        ids.update(message["messageId"] for message in post.messages)
    return len(ids)


def _send(client: httpx2.Client, request: Request) -> None:
    try:
        answer = client.post(request.path, content=request.body, headers=request.headers)
    except httpx2.TransportError as error:
        raise Retryable(f"The collector does not answer: {error}. Run the demo again.") from error
    if answer.status_code != 200 or answer.json().get("rejected"):
        raise Retryable(f"The collector did not take the demo's events: {answer.status_code} {answer.text[:300]}. Run the demo again.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
