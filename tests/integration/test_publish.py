"""A scoring model is published on a running line: what comes after goes by it, and every score still explains itself."""

import httpx2
import pytest

from footprint import models, publishing
from footprint.asking import analyst_store
from footprint.parts.run_file import read_run
from footprint.settings import Settings
from schemas.errors import Misconfigured
from tests.support.commands import run_json, run_program
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "published"
OWN = """\
version: own-1
scores:
  engagement:
    half_life: 3d
    bands: {hot: 20, cold: 0}
    rules:
      form_submit: {when: {kind: [form_submit]}, points: 50}
      chat: {when: {kind: [chat_start]}, points: 7}
"""


def send(line, event):
    message = {"type": "track", "userId": "anna", "anonymousId": "v1", "event": event}
    answer = httpx2.post(
        f"{read_run(line.data_dir).collector}/v1/batch", json={"batch": [message]}, headers={"x-write-key": SITE}, timeout=20
    )
    assert answer.json()["accepted"] == 1


def engagement(line):
    with analyst_store(Settings(data_dir=line.data_dir)) as store:
        query = "SELECT * FROM scores WHERE site = {site:String} AND score = 'engagement' AND customer_id = 'anna'"
        rows = store.dicts(query, {"site": SITE})
    return rows[0] if rows else {"model_version": ""}


def test_what_comes_after_the_publication_goes_by_the_new_model_and_the_score_explains_itself(line, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(OWN)
    settings = Settings(data_dir=line.data_dir)
    assert publishing.running(settings, SITE) is None
    send(line, "Form Submitted")
    eventually(lambda: engagement(line)["model_version"] == "shipped-1", 60)
    done = run_json(line, "rules", "publish", str(file), "--site", SITE, "--json")
    assert done == {"site": SITE, "version": "own-1", "triggers_version": "shipped-1", "runs": True}
    send(line, "Chat Started")
    eventually(lambda: engagement(line)["model_version"] == "own-1", 60)
    score = engagement(line)
    assert (score["band"], score["half_life_s"]) == ("hot", 3 * 86_400)
    assert score["value"] == pytest.approx(27, abs=0.1)
    why = run_json(line, "customer", "why", "--site", SITE, "--customer", "anna", "--json")
    points = {row["rule"]: row["points"] for row in why if row["score"] == "engagement"}
    assert points == {"form_submit": pytest.approx(20, abs=0.1), "chat": pytest.approx(7, abs=0.1), "clamp": pytest.approx(0, abs=1e-6)}
    assert run_program(line, "rules", "show", "--site", SITE).stdout == OWN
    file.write_text(OWN.replace("50", "60"))
    with pytest.raises(Misconfigured, match="version own-1 runs already, with other content"):
        publishing.publish(settings, SITE, [models.load(file)], wait_s=0)
