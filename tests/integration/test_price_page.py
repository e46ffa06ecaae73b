"""The price page twice: tell a sales rep. From a page view to the rep's own server, over the whole line."""

import base64
import json
import time
import urllib.request
from datetime import UTC, datetime

import pytest

from footprint.parts.run_file import find_run
from sinks.webhooks.core.signing import read_key, signature
from tests.support.line import WEBHOOK_KEY
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store]


def send(line, *messages):
    key = base64.b64encode(b"sales:").decode()
    body = json.dumps({"batch": messages}).encode()
    request = urllib.request.Request(f"{find_run(line.data_dir).collector}/v1/batch", body, {"Authorization": f"Basic {key}"})
    assert json.load(urllib.request.urlopen(request, timeout=10))["success"]


def view(visitor, path, minutes_ago, site="https://sales.example"):
    at = datetime.fromtimestamp(time.time() - 60 * minutes_ago, UTC).isoformat()
    return {"type": "page", "anonymousId": visitor, "timestamp": at, "properties": {"url": site + path}}


def told(rep):
    """Return the calls for the rep: the line sends its traces to the same server, elsewhere."""
    return [call for call in rep.calls if call.path == "/rep"]


def test_the_rep_hears_within_seconds_of_a_customer_who_looked_at_the_prices_twice(line, rep):
    send(line, view("v1", "/pricing", 9), view("v2", "/pricing", 9), {"type": "identify", "anonymousId": "v1", "userId": "anna"})
    send(line, view("v2", "/docs", 1), view("v1", "/pricing", 1))
    call = eventually(lambda: told(rep)[:1], 30)[0]
    task = json.loads(call.body)
    assert task["title"] == "Price page twice: anna"
    assert task["contact"] == {"customer_id": "anna", "visitor_id": "v1"}
    at = int(call.headers["webhook-timestamp"])
    made = signature(read_key(WEBHOOK_KEY), call.headers["webhook-id"], at, call.body)
    assert call.headers["webhook-signature"] == f"v1,{made}"
    assert abs(at - time.time()) < 300
    assert [one.headers["webhook-id"] for one in told(rep)] == [task["external_id"]]
