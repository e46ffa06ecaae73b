"""The broker is killed under load: how long a client waits for an answer, and whether the answers were true."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from bench.load import closed_loop
from bench.servers import Line

AWAY_S = 6.0
DRAIN_S = 60.0
ROUND = 640
FIRST = 50_000_000
"""Numbers of the events of this part, away from all others."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What clients saw from the kill until the broker was back."""

    longest_s: float
    statuses: dict[int, int]
    acknowledged: int


def lose_kafka(line: Line, build: Callable[[int], bytes]) -> Outage:
    """Kill the broker half a second into a load that goes on for six seconds more, start it again, and wait until all is shipped."""
    statuses: dict[int, int] = {}
    longest, number = 0.0, FIRST
    killer = threading.Timer(0.5, line.kafka.process.kill)
    killer.start()
    until = time.monotonic() + 0.5 + AWAY_S
    while time.monotonic() < until:
        answers = closed_loop(line.collector.port, [build(number + offset) for offset in range(ROUND)])
        number += ROUND
        longest = max(longest, *answers.latencies)
        for status, count in answers.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    killer.join()
    line.kafka.process.wait()
    line.restart_kafka()
    _shipped(line)
    return Outage(longest, statuses, statuses.get(200, 0))


def _shipped(line: Line) -> None:
    deadline = time.monotonic() + DRAIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{line.collector.port}/ready", timeout=5) as answer:
                if json.load(answer)["lag"] == 0:
                    return
        except OSError:
            pass
        time.sleep(0.2)
