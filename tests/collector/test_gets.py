"""Programs follow every address in a mail: no GET changes what a customer is sent, whichever path it asks for."""

import base64
import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from collector.app import create_app
from collector.core.links import LinkReader, sign
from collector.core.mail_messages import CHOICES, NAMES
from collector.core.routes import MAILED, ROUTES
from collector.core.sites import SiteRules
from tests.collector.recording import RecordingPublisher
from tests.collector.test_mail import MAIL
from tests.collector.test_transports import conversation, request

ASKED = "List-Unsubscribe=One-Click&do=nothing&do=save&topic=news&opt=out"
"""What would unsubscribe if it stood in the body of a POST."""

CHANGING = {kind.value for kind in CHOICES}


@pytest.fixture
def config(config):
    hooks = dict.fromkeys(("sendgrid", "mailgun", "postmark", "ses"), "s3cret")
    rules = SiteRules("demo", topics={"news": "News"}, hooks=hooks)
    return replace(config, links=LinkReader(["key"]), rules={"demo": rules}, sites={"demo-key": rules})


def paths(app):
    """Every path that the collector knows, from its own tables: a new one is looked at too."""
    behind = {route.path for route in app._behind.routes}
    return {*ROUTES, *MAILED, *(f"{path}/" for path in MAILED), *behind}


def filled(path):
    """A path with whatever would make it do the most: a token of ours, the site, its key."""
    for purpose in ("pixel", "link", "unsubscribe"):
        if path.startswith({"pixel": "/e/o/", "link": "/e/c/", "unsubscribe": "/e/u/"}[purpose]):
            path = path.replace("{token}", sign(MAIL, purpose, "key"))
    known = {"{site}": "demo", "{key}": "demo-key", "{build}": "full", "{customer:path}": "c1"}
    for name, value in known.items():
        path = path.replace(name, value)
    return [path.replace("{provider}", provider) for provider in ("sendgrid", "mailgun", "postmark", "ses")] if "{" in path else [path]


def queries():
    """The query of a scanner, and those that say of themselves what they would change."""
    yield ASKED
    for kind in CHOICES:
        properties = {"opt": "out", "topic": "all", "bounce": "hard"}
        for told in ({"kind": kind.value, "event": "x"}, {"event": NAMES[kind]}):
            message = {"type": "track", "userId": "c1", "writeKey": "demo-key", "properties": properties, **told}
            yield f"data={base64.urlsafe_b64encode(json.dumps(message).encode()).decode()}"
            yield f"type=track&userId=c1&writeKey=demo-key&properties.opt=out&{urlencode(told)}"


async def test_no_get_of_any_path_changes_a_preference(config, port, publisher):
    known = {path for one in paths(create_app(config, RecordingPublisher())) for path in filled(one)}
    assert not [path for path in known if "{" in path], "say how the new path is filled in"
    asked = [request(method, f"{path}?{ASKED}") for path in sorted(known) for method in ("GET", "HEAD")]
    asked += [request("GET", f"{path}?{query}") for path in sorted(known) for query in queries()]
    said = await conversation(port, b"".join(asked))
    assert said.count(b"HTTP/1.1 ") == len(asked) + 1
    kinds = {event["kind"] for event in publisher.stored}
    assert not kinds & CHANGING
    assert {"email_open", "email_click"} <= kinds  # the scanner was seen all the same


async def test_the_same_by_post_does(http, publisher):
    assert (await http.post(filled("/e/u/{token}")[0], content=ASKED)).status_code == 200
    assert {event["kind"] for event in publisher.stored} == {"preference"}
