"""Every panel of every dashboard asks what a running line answers: Prometheus' own engine over its scrapes, the store as the analyst."""

import json
import shutil
import subprocess
import uuid

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.support.dashboards import ROOT, promql, queries, samples, statement, unanswered
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(600)]

SITE = "watched"
ASKED = list(queries())
PROMQL = sorted({promql(query.text) for query in ASKED if not query.sql})
SQL = [query for query in ASKED if query.sql]


def scrape(line):
    """What Prometheus would have of the line now."""
    run, found = read_run(line.data_dir), {}
    addresses = {name: url for name, url in run.health.items() if name in ("collector", "streams", "sink", "rebuild", "webhooks")}
    for part, url in (addresses | {"console": f"{run.console}/ready"}).items():
        found |= samples(part, httpx2.get(url.removesuffix("/ready") + "/metrics", timeout=30).text)
    return found


def send(line):
    """Some traffic that leaves its mark everywhere: a visit, a purchase, an event that is turned away, a key of nobody."""
    run, visitor = read_run(line.data_dir), uuid.uuid4().hex
    common = {"anonymousId": visitor, "context": {"page": {"url": "https://shop.example/pricing", "path": "/pricing"}}}
    messages = [{"type": "page", **common} for _ in range(3)]
    messages += [{"type": "track", "event": "Order Completed", "properties": {"revenue": 20, "currency": "EUR"}, **common}, "no event"]
    url = f"{run.collector}/v1/batch"
    assert httpx2.post(url, json={"batch": messages}, auth=(SITE, "")).json()["accepted"] == 4
    assert httpx2.post(url, json={"batch": messages}, auth=("nobody", "")).status_code == 401
    assert httpx2.get(run.console).status_code < 500  # who is not known is sent to the door, and counted too
    return visitor


def ask(line, text):
    """The rows of a query of the analyst, who is also Grafana's user."""
    run, secrets = read_run(line.data_dir), line.data_dir / "secrets"
    user = ("analyst", (secrets / "analyst-password").read_text("utf-8").strip())
    answer = httpx2.post(f"{run.clickhouse}/?database=footprint&default_format=JSON", content=text, auth=user, timeout=30)
    assert answer.status_code == 200, f"{text}\n{answer.text}"
    return json.loads(answer.text)["data"]


@pytest.fixture(scope="module")
def promtool():
    if not shutil.which("go"):
        pytest.skip("Go is not installed: without it promtool cannot be built")
    return subprocess.run([ROOT / "deploy" / "tools" / "build", "promtool"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def scrapes(line):
    """Before some traffic, and after it is stored and shown."""
    before = scrape(line)
    visitor = send(line)
    eventually(lambda: ask(line, f"SELECT 1 FROM sessions WHERE site = '{SITE}' AND visitor_id = '{visitor}'"), 60)
    return before, eventually(lambda: shown(scrape(line)), 60, every=1.0)


def shown(found):
    """A scrape in which the store's figures have the traffic too: they are read every few seconds."""
    return found if any(series.startswith("footprint_store_rows{") and "events_raw" in series for series in found) else None


def test_every_question_to_prometheus_is_answered(promtool, scrapes, tmp_path):
    before, after = scrapes
    assert unanswered(promtool, tmp_path, before=before, after=after, asked=PROMQL) == []
    assert len(PROMQL) > 70


def test_a_question_about_nothing_would_be_noticed(promtool, scrapes, tmp_path):
    wrong = ['sum(rate(footprint_sink_rows_total{table="nowhere"}[2m]))']
    assert unanswered(promtool, tmp_path, before=scrapes[0], after=scrapes[1], asked=wrong) == wrong


@pytest.mark.parametrize("query", SQL, ids=lambda query: query.panel)
def test_every_question_to_the_store_is_answered(line, scrapes, query):
    rows = ask(line, statement(query.text, SITE))
    if any(view in query.text for view in ("sessions_human", "FROM events_by_time")):
        assert rows
