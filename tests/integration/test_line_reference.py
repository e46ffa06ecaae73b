"""What the reference promises, asked from a running line."""

import re
from pathlib import Path

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.support.commands import run_json, run_program

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

REFERENCE = Path(__file__).parent.parent.parent / "docs" / "reference"
PARAMETERISED = {"timeline": "timeline(site = 'demo', customer = 'nobody')", "why": "why(site = 'demo', customer = 'nobody')"}
SECTIONS = re.split(r"\n## ", (REFERENCE / "store.md").read_text("utf-8"))[1:-1]
STATEMENTS = re.findall(r"```sql\n(.*?)```", "\n".join(SECTIONS), re.DOTALL)
PATHS = re.findall(
    r"curl (?:-s )?\"?http://127\.0\.0\.1:8000(/[^\s\"]*)\"?([^|\n]*(?:\n  [^\n]*)*)", (REFERENCE / "http.md").read_text("utf-8")
)


@pytest.mark.parametrize(
    "section", [section for section in SECTIONS if "| column |" in section], ids=lambda section: section.split("\n")[0]
)
def test_the_columns_of_a_view_are_those_of_its_page(line, section):
    view = section.split("\n")[0]
    columns = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    told = run_json(line, "sql", "--all", "--format", "JSONCompact", f"DESCRIBE (SELECT * FROM {PARAMETERISED.get(view, view)})")["data"]
    assert [row[0] for row in told] == columns


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.split("FROM ")[1].split()[0])
def test_every_example_query_runs(line, statement):
    done = run_program(line, "sql", statement)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("path", "rest"), PATHS, ids=lambda text: text if text.startswith("/") else "")
def test_every_example_of_curl_is_answered_well(line, path, rest):
    url = read_run(line.data_dir).collector + path
    body = re.search(r"-d '(.*?)'", rest, re.DOTALL)
    auth = ("demo", "") if "-u demo:" in rest else httpx2.USE_CLIENT_DEFAULT
    with httpx2.Client(timeout=30) as client:
        answer = client.post(url, content=body[1], auth=auth) if body else client.get(url)
    assert answer.status_code == 200, answer.text
    assert b'"rejected":1' not in answer.content


def test_the_pages_have_examples():
    assert len(SECTIONS) >= 14
    assert len(STATEMENTS) >= 5
    assert len(PATHS) >= 9


def test_the_doctor_finds_a_running_line_well(line):
    done = run_program(line, "doctor")
    assert done.returncode == 0, done.stdout
    assert [said.split()[:2] for said in done.stdout.splitlines()] == [
        [check, "ok"] for check in ("settings", "broker", "topics", "store", "schema", "clock", "disk")
    ]
