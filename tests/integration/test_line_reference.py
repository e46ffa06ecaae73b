"""What the reference promises, asked from a running line."""

import re
from pathlib import Path

import pytest

from tests.support.commands import ask, run_program

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

REFERENCE = Path(__file__).parent.parent.parent / "docs" / "reference"
PARAMETERISED = {view: f"{view}(site = 'demo', customer = 'nobody')" for view in ("timeline", "customer", "why")}
SECTIONS = re.split(r"\n## ", (REFERENCE / "store.md").read_text("utf-8"))[1:-1]
STATEMENTS = re.findall(r"```sql\n(.*?)```", "\n".join(SECTIONS), re.DOTALL)


@pytest.mark.parametrize(
    "section", [section for section in SECTIONS if "| column |" in section], ids=lambda section: section.split("\n")[0]
)
def test_the_columns_of_a_view_are_those_of_its_page(line, section):
    view = section.split("\n")[0]
    columns = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    told = ask(line, f"DESCRIBE (SELECT * FROM {PARAMETERISED.get(view, view)})")
    assert [row[0] for row in told] == columns


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.split("FROM ")[1].split()[0])
def test_every_example_query_runs(line, statement):
    ask(line, statement)  # raises what the store says of a statement that it refuses


def test_the_pages_have_examples():
    assert len(SECTIONS) >= 14
    assert len(STATEMENTS) >= 5


CHECKS = (
    *("settings", "broker", "topics", "copies", "kept", "store", "schema", "retention", "erasures", "clock"),
    *("parts", "lag", "streams", "watermark", "spool", "backup", "keys", "certs", "cores", "disk"),
)


def test_the_doctor_finds_a_running_line_well(line):
    done = run_program(line, "doctor")
    assert done.returncode == 0, done.stdout
    said = done.stdout.splitlines()
    assert [line.split()[:2] for line in said if not line.startswith(" ")] == [[check, "ok"] for check in CHECKS]
    hops = [line.split(":")[0].strip() for line in said if line.startswith(" ")]
    assert hops == [f"{hop}/{number}" for hop in ("subjects", "visitors") for number in range(4)]
