"""Reading lines of the tracked topic."""

import pytest

from schemas.codec import dumps
from schemas.events import TrackedEvent
from streams.core.tracked_line import FIELDS
from streams.core.tracked_reading import read_line

EVENT = {"event_id": "e", "site": "demo", "kind": "page_view", "event_time": 1, "received_at": 2, "props": {"a": [1, None]}, "traits": None}


def test_every_field_of_a_tracked_event_is_read():
    assert TrackedEvent.model_fields.keys() == FIELDS
    whole = EVENT | {"value": 2.5, "traffic_reasons": ["rate"], "historical": True, "created_at": 3, "url_path": "/ü"}
    assert read_line(dumps(whole)) == whole


@pytest.mark.parametrize(
    "wrong",
    [
        b"\xff",
        b"[]",
        b"{",
        dumps(EVENT | {"kind": "explosion"}),
        dumps(EVENT | {"event_time": "1"}),
        dumps(EVENT | {"props": []}),
        dumps(EVENT | {"control": "explode"}),
        dumps(EVENT | {"control": "link"}),
        dumps({name: value for name, value in EVENT.items() if name != "site"}),
    ],
)
def test_anything_else_is_no_line(wrong):
    assert read_line(wrong) is None
