"""`footprint segments check`, and the segments of the documentation."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from footprint import cli, segments
from schemas.errors import Misconfigured
from schemas.topics import MAX_RECORD_BYTES

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "segments.md").read_text("utf-8")
[YAML] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "segments.yaml"
    path.write_text(YAML, "utf-8")
    return path


def check(*arguments):
    return CliRunner().invoke(cli.register(), ["segments", "check", *map(str, arguments)])


def test_the_segments_of_the_documentation_can_be_used(file):
    said = check(file)
    assert (said.exit_code, said.stdout) == (0, f"ok: {file}: version 2026-11-1, 3 segments: gone_quiet, likes_shoes, ready_to_buy\n")
    assert json.loads(check(file, "--json").stdout)["segments"] == ["gone_quiet", "likes_shoes", "ready_to_buy"]


def test_every_condition_of_the_documentation_is_one_that_can_be_written(tmp_path):
    cells = re.findall(r"^\| `(\{.*?\})` \|", PAGE, re.MULTILINE)
    assert len(cells) == 9
    told = ", ".join(cell.replace(": N", ": 4").replace("[..]", "[intent]").replace("CATEGORY", "tea") for cell in cells)
    path = tmp_path / "all.yaml"
    path.write_text(f"version: 1\nsegments: {{a: {{all: [{told}]}}}}\n")
    assert segments.load(path)[1].version == "1"


def test_what_cannot_be_read_is_said_with_what_to_do(tmp_path, file):
    with pytest.raises(Misconfigured, match="No such file or directory"):
        segments.load(tmp_path / "none.yaml")
    file.write_text(YAML + "#" * MAX_RECORD_BYTES)
    with pytest.raises(Misconfigured, match="Leave out what is not needed"):
        segments.load(file)
    file.write_text("version: 1\nsegments: {a: {all: [{scores: b}]}}\n")
    said = check(file)
    assert isinstance(said.exception, Misconfigured)
    assert "segments.yaml:2:" in str(said.exception)
