"""One event is followed from its request to its row: each part continues what the one before has told."""

import gzip
import time

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from footprint.parts.run_file import read_run
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

WAY = ["collector request", "collector flush", "streams visitors", "sink insert"]
SERVICES = ["collector", "collector", "streams", "sink"]


def spans(rep, since_ns):
    """Every span that began after a moment, with the part that wrote it down."""
    for call in [one for one in rep.calls if one.path == "/v1/traces"]:
        body = gzip.decompress(call.body) if call.body.startswith(b"\x1f\x8b") else call.body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    if span.start_time_unix_nano >= since_ns:
                        yield names["service.name"].removeprefix("footprint-"), span


def ways(found):
    """The chains of spans, first to last, that end with an insert into the store."""
    known = {span.span_id: (part, span) for part, span in found}
    for part, last in known.values():
        if last.name == WAY[-1]:
            way = [(part, last)]
            while way[0][1].parent_span_id in known:
                way.insert(0, known[way[0][1].parent_span_id])
            yield way


def test_one_event_is_followed_from_its_request_to_its_row(line, rep):
    """Of a batch only the first request is followed on, and that may be another test's: so one is sent at each look."""
    since_ns = time.time_ns()

    def whole():
        event = {"type": "track", "event": "Followed", "anonymousId": "traced", "messageId": f"traced-{time.time_ns()}"}
        assert httpx2.post(f"{read_run(line.data_dir).collector}/v1/track", json=event, auth=("watched", "")).status_code == 200
        found = list(spans(rep, since_ns))
        for way in ways(found):
            beside = [span for _, span in found if span.name == "streams subjects" and span.parent_span_id == way[-2:][0][1].span_id]
            if [span.name for _, span in way] == WAY and beside:
                return [*way, ("streams", beside[0])]
        return None

    way = eventually(whole, 60, every=2)
    assert [part for part, _ in way] == [*SERVICES, "streams"]
    assert len({span.trace_id for _, span in way}) == 1
