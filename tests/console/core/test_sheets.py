"""Rows as CSV that a spreadsheet reads and never computes."""

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from console.core.sheets import FORMULA, cell, head, sheet


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30), min_size=2, max_size=2))
def test_a_reader_of_csv_finds_what_was_written(texts):
    columns = ["a", "b"]
    found = list(csv.reader(io.StringIO(head(columns) + sheet([dict(zip(columns, texts, strict=True))], columns), newline="")))
    assert found[0] == columns
    assert [text.removeprefix("'") if text[1:2] in FORMULA and text[:1] == "'" else text for text in found[1]] == texts


@given(st.text(max_size=20), st.sampled_from(FORMULA))
def test_nothing_that_people_sent_is_computed_by_a_spreadsheet(text, sign):
    assert cell(sign + text).startswith("'")


def test_numbers_times_lists_and_nothing_are_written_plainly():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [cell(value) for value in (-1.5, 3, True, None, at, ["a", "b"], {"fit": 1.0})] == [
        "-1.5",
        "3",
        "True",
        "",
        "2026-01-02T03:04:05Z",
        '["a", "b"]',
        '{"fit": 1.0}',
    ]
