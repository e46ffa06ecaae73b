"""Rows that the store refuses."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.rejections import ORIGINAL_MAX, RejectedRecord
from sinks.core.poison import rejected_row


def rejected(row):
    return rejected_row(row, topic="footprint.tracked.v1", problem="INCORRECT_DATA (code 117)", timestamp=1_700)


def test_a_refused_row_is_told_with_its_site_its_event_and_its_text():
    record = rejected(b'{"site":"demo","event_id":"e1","props":5}')
    assert (record["site"], record["event_id"], record["stage"], record["reason"]) == ("demo", "e1", "sink", "unstorable")
    assert record["original"] == '{"site":"demo","event_id":"e1","props":5}'
    assert record["received_at"] == 1_700


@given(st.binary(max_size=ORIGINAL_MAX * 2))
def test_any_bytes_give_a_valid_record_and_the_same_one_each_time(row):
    assert rejected(row) == rejected(row)
    RejectedRecord.model_validate(rejected(row))
