"""From an event to who is told of it, on a running line: a server by its key, a visitor by their token, a segment by its topic, and nobody after an erasure."""

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.support.commands import run_json, run_program
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.timeout(300)]

SITE = "known"
SEGMENTS = """
version: "1"
segments:
  likes_shoes: {all: [{top_interest: shoes}, {customer: true}]}
  nobody_yet: {all: [{score: engagement, at_least: 90}]}
"""


@pytest.fixture
def collector(line):
    with httpx2.Client(base_url=read_run(line.data_dir).collector, timeout=20) as client:
        yield client


def viewed(collector, *, category="shoes", times=1, **who):
    for _ in range(times):
        message = {"type": "track", "event": "Product Viewed", "properties": {"category": category}} | who
        assert collector.post("/v1/batch", json={"batch": [message], "writeKey": SITE}).status_code == 200


def test_what_somebody_does_is_known_to_servers_to_their_browser_and_to_segments_until_they_are_forgotten(line, collector, tmp_path):
    key = run_json(line, "keys", "create", "--site", SITE, "--secret", "--json")["key"]

    def profile(customer):
        return collector.get(f"/v1/profiles/{customer}", headers={"authorization": f"Bearer {key}"})

    (tmp_path / "segments.yaml").write_text(SEGMENTS)
    published = run_json(line, "segments", "publish", str(tmp_path / "segments.yaml"), "--site", SITE, "--json")
    assert (published["version"], published["runs"]) == ("1", True)
    eventually(lambda: profile("ada").status_code == 404)

    viewed(collector, userId="ada", times=2)
    eventually(lambda: profile("ada").status_code == 200)
    eventually(lambda: "likes_shoes" in profile("ada").json()["segments"])
    assert profile("ada").json()["interests"][0]["category"] == "shoes"

    made = collector.post(f"/v1/me?writeKey={SITE}").json()
    shown = {"authorization": f"Bearer {made['token']}"}
    viewed(collector, anonymousId=made["visitorId"], category="hats")
    eventually(lambda: collector.get(f"/v1/me?writeKey={SITE}", headers=shown).json()["profile"])
    told = collector.get(f"/v1/me?writeKey={SITE}", headers=shown).json()["profile"]
    assert [one["category"] for one in told["interests"]] == ["hats"]

    collector.post("/v1/identify", json={"anonymousId": made["visitorId"], "userId": "ada", "writeKey": SITE})
    eventually(lambda: {one["category"] for one in profile("ada").json()["interests"]} == {"shoes", "hats"})
    eventually(lambda: collector.get(f"/v1/me?writeKey={SITE}", headers=shown).json()["profile"] == {})

    agreed = {"type": "track", "event": "Consent Updated", "properties": {"consent": "granted"}, "userId": "ada", "writeKey": SITE}
    assert collector.post("/v1/track", json=agreed).status_code == 200
    eventually(lambda: (profile("ada").json()["consent"] or {}).get("choice") == "granted")

    def members():
        return [row["customers"] for row in run_json(line, "segments", "list", "--site", SITE, "--json")["segments"]]

    eventually(lambda: members() == [1, 0])
    run_program(line, "customer", "forget", "--site", SITE, "--customer", "ada", "--yes")
    eventually(lambda: profile("ada").status_code == 404)
    eventually(lambda: members() == [0, 0])
