import pytest

from footprint.importing.forms import form_of, outcomes_of
from footprint.importing.outcomes import Broken, Form, Ready, Skip, Skipped

COMMON = b'1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5'
COMBINED = COMMON + b' "-" "Mozilla/5.0"'


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (COMBINED, Form.COMBINED),
        (COMMON, Form.COMMON),
        (b"rubbish", Form.COMBINED),
        (b'{"type":"page"}', Form.SEGMENT_NDJSON),
        (b'{"kind":"page_view"}', Form.NDJSON),
        (b"{broken", Form.NDJSON),
    ],
)
def test_the_first_line_tells_the_format(line, form):
    assert form_of(line) is form


def test_blank_lines_are_skipped_and_do_not_decide_the_format():
    outcomes = list(outcomes_of([b"", b"  ", COMMON, COMBINED], site="demo", form=None))
    assert outcomes[:2] == [Skipped(Skip.BLANK)] * 2
    assert [type(outcome) for outcome in outcomes[2:]] == [Ready, Ready]


def test_a_given_format_is_obeyed():
    assert [type(outcome) for outcome in outcomes_of([COMMON, COMBINED], site="demo", form=Form.COMBINED)] == [Broken, Ready]


def test_two_equal_lines_are_two_events_and_a_second_reading_gives_the_same_ids():
    first, second = (list(outcomes_of([COMBINED, COMBINED], site="demo", form=None)) for _ in range(2))
    assert first == second
    assert len({outcome.event_id for outcome in first}) == 2
