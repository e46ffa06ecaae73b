"""History through the whole line: it becomes part of a visitor's score, goes with the visitor to the customer, and a replay finds nothing to do."""

import json
import time
from pathlib import Path

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.support.commands import ask, run_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "replayed"
MODELS = Path(__file__).parents[2] / "streams" / "models"
DAYS_AGO = 14
"""One half-life of the shipped model's `engagement`."""


def scores(line):
    query = f"SELECT subject, round(value, 2) FROM scores WHERE site = '{SITE}' AND score = 'engagement' ORDER BY subject"
    return dict(ask(line, query))


def test_imported_history_counts_for_scores_follows_the_visitor_and_goes_by_the_model_that_is_published(line, tmp_path):
    then = time.time() - DAYS_AGO * 86_400
    bought = {"type": "track", "event": "Order Completed", "timestamp": int(then * 1000), "properties": {"revenue": 9}}
    lines = [bought | {"messageId": "h1", "anonymousId": "v"}, bought | {"messageId": "h2", "anonymousId": "w"}]
    imported = run_json(
        line, "import", "-", "--site", SITE, "--format", "segment-ndjson", "--json", stdin="\n".join(map(json.dumps, lines)).encode()
    )
    assert imported["accepted"] == 2
    eventually(lambda: scores(line) == {"v:v": 20, "v:w": 20}, 60, every=0.2)

    known = {"type": "identify", "anonymousId": "v", "userId": "anna"}
    answer = httpx2.post(f"{read_run(line.data_dir).collector}/v1/identify", json=known, auth=(SITE, ""), timeout=30)
    assert answer.status_code == 200
    eventually(lambda: scores(line) == {"c:anna": 20, "v:w": 20}, 60, every=0.2)
    explained = run_json(line, "customer", "why", "--site", SITE, "--customer", "anna", "--json")
    assert ("purchase", 20) in [(row["rule"], round(row["points"], 2)) for row in explained]

    report = run_json(line, "replay", "--sessions", "--scores", "--rejected", "--site", SITE, "--json")
    assert (report["sessions_written"], report["scores_changed"], report["bases"], report["rejected_read"]) == (0, 0, 2, 0)

    model = tmp_path / "scores.yaml"
    model.write_text((MODELS / "scores.yaml").read_text().replace("points: 40", "points: 80").replace("version: ", "version: other-"))
    tried = run_json(line, "rules", "dry-run", str(model), "--site", SITE, "--json")
    assert [(mover["subject"], mover["why"][0]["rule"]) for mover in tried["movers"]] == [("v:w", "purchase"), ("c:anna", "purchase")]
    assert tried["changed"]["engagement"] == 2

    assert run_json(line, "rules", "publish", str(model), "--site", SITE, "--json")["runs"]
    assert scores(line) == {"c:anna": 20, "v:w": 20}  # nobody is without a score meanwhile
    assert run_json(line, "replay", "--scores", "--site", SITE, "--json")["bases"] == 2
    eventually(lambda: scores(line) == {"c:anna": 40, "v:w": 40}, 60, every=0.2)
