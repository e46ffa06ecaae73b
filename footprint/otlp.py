"""Sends spans as OTLP over HTTP, from a thread of its own. Needs `opentelemetry-proto`, an extra; import it only where traces are asked for.

It builds OpenTelemetry's messages itself: making, ending and encoding a span with its SDK took 25 times the CPU, which is
part of what following a request costs the collector.
"""

import atexit
import os
import threading
from collections import deque
from urllib.parse import unquote

import structlog
import urllib3
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from footprint.tracing import Written

log = structlog.get_logger()

SEND_S = 5.0
"""Longest wait for whoever takes spans."""
KEPT = 20_000
"""Spans that wait to be sent; more, and the oldest are dropped."""
AT_ONCE = 2_000
"""Spans of one request."""
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
"""OpenTelemetry's own variable: what a receiver wants to be told, as `name=value,name=value`, percent-encoded."""


class Sender:
    """Takes spans at once, and sends them every `every_s` seconds. What nobody takes is dropped."""

    def __init__(self, url: str, service: str, *, every_s: float) -> None:
        self._url, self._service, self._every_s = url, service, every_s
        self._waiting: deque[Written] = deque(maxlen=KEPT)
        self._http = urllib3.PoolManager(timeout=SEND_S, retries=False, headers={**_told(), "content-type": "application/x-protobuf"})
        self._failing = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, span: Written) -> None:
        """Have a span sent soon; returns at once."""
        self._waiting.append(span)

    def close(self) -> None:
        """Send what waits, and end."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            self._send()
        self._send()

    def _send(self) -> None:
        while self._waiting:
            spans = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            problem = self._post(encoded(self._service, spans))
            if problem and not self._failing:
                log.warning("spans_not_taken", url=self._url, reason=problem, spans=len(spans))
            self._failing = bool(problem)

    def _post(self, body: bytes) -> str:
        """Return why the spans were not taken, empty when they were."""
        try:
            status = self._http.request("POST", self._url, body=body).status
        except urllib3.exceptions.HTTPError as error:
            return str(error)
        return "" if 200 <= status < 300 else f"answered {status}"


def encoded(service: str, spans: list[Written]) -> bytes:
    """Return a request of OTLP (opentelemetry-proto, trace service v1) with these spans of one service."""
    request = ExportTraceServiceRequest()
    found = request.resource_spans.add()
    found.resource.attributes.add(key="service.name").value.string_value = service
    scope = found.scope_spans.add()
    scope.scope.name = "footprint"
    for span in spans:
        one = scope.spans.add(
            trace_id=span.trace.to_bytes(16, "big"),
            span_id=span.span.to_bytes(8, "big"),
            parent_span_id=span.parent.to_bytes(8, "big") if span.parent else b"",
            name=span.name,
            kind=1,  # within the program
            flags=1,  # sampled
            start_time_unix_nano=span.began_ns,
            end_time_unix_nano=span.ended_ns,
        )
        for trace, number in span.links:
            one.links.add(trace_id=trace.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"))
        if span.problem:
            one.status.code = 2
            one.attributes.add(key="error.type").value.string_value = span.problem
    body: bytes = request.SerializeToString()
    return body


def _told() -> dict[str, str]:
    pairs = (one.partition("=") for one in os.environ.get(HEADERS, "").split(",") if "=" in one)
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs}
