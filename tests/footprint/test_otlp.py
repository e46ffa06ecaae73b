"""Spans leave in OpenTelemetry's form, with what the receiver wants to be told, and a receiver that refuses them stops nobody."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from structlog.testing import capture_logs

from footprint.otlp import HEADERS, Sender, encoded
from footprint.tracing import Written

SPAN = Written("sink insert", 2**128 - 1, 7, 5, ((3, 4),), 1_000, 2_000, "Retryable")


def test_a_span_says_what_it_was_whose_cause_and_how_it_failed():
    (found,) = ExportTraceServiceRequest.FromString(encoded("footprint-sink", [SPAN])).resource_spans
    assert [(one.key, one.value.string_value) for one in found.resource.attributes] == [("service.name", "footprint-sink")]
    (span,) = found.scope_spans[0].spans
    assert (span.name, span.trace_id, span.span_id[-1], span.parent_span_id[-1]) == ("sink insert", b"\xff" * 16, 7, 5)
    assert [(link.trace_id[-1], link.span_id[-1]) for link in span.links] == [(3, 4)]
    assert (span.start_time_unix_nano, span.end_time_unix_nano, span.attributes[0].value.string_value) == (1_000, 2_000, "Retryable")


def test_a_span_without_a_cause_has_no_parent():
    found = ExportTraceServiceRequest.FromString(encoded("x", [SPAN._replace(parent=0, links=(), problem="")]))
    span = found.resource_spans[0].scope_spans[0].spans[0]
    assert (span.parent_span_id, list(span.links), list(span.attributes), span.status.code) == (b"", [], [], 0)


@pytest.fixture
def receiver():
    """Takes one request after another, answering with the next status; `seen` holds what came."""

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.seen.append((self.headers["authorization"], self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(self.server.statuses.pop(0))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Takes)
    server.seen, server.statuses = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_waits_leaves_at_the_end_with_what_the_receiver_wants_to_be_told(receiver, monkeypatch):
    monkeypatch.setenv(HEADERS, "authorization=Bearer%20secret,x-team=a")
    receiver.statuses = [200]
    sender = Sender(f"http://127.0.0.1:{receiver.server_port}/v1/traces", "footprint-sink", every_s=60)
    sender.put(SPAN)
    sender.close()
    assert receiver.seen == [("Bearer secret", encoded("footprint-sink", [SPAN]))]


def test_spans_that_are_refused_are_dropped_and_told_once(receiver):
    receiver.statuses = [503]
    sender = Sender(f"http://127.0.0.1:{receiver.server_port}/v1/traces", "x", every_s=60)
    with capture_logs() as told:
        sender.put(SPAN)
        sender.close()
        sender._url = "http://127.0.0.1:1/"
        sender.put(SPAN)
        sender._send()
    assert [(one["event"], one["reason"]) for one in told] == [("spans_not_taken", "answered 503")]
