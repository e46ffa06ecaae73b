"""What it costs to tell who somebody is: `GET /v1/profiles/{customer}` and `GET /v1/me`, the cache behind them, and how far it is behind events.

Method: a collector on a real local Kafka whose profiles topic holds a hundred thousand profiles of about 900 bytes, asked for random ones over keep-alive connections; CPU of its process per request, as a ratio to a
hello-world on the same server, round by round, the median of the rounds; then latency in an open loop of 500 requests a second, hello beside it. The cache alone is filled with a million profiles. The way from an event to the
profile is that of a whole `footprint up`: the time from the collector's 200 to the first answer that knows the customer. The cores are asked for CPU per fact.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench.load import Answers, closed_loop, get, open_loop
from bench.report import Report
from bench.servers import PARTITIONS, SIGNING_KEY, Line, Server, servers
from collector.core.proofs import Proof, sign_visitor
from collector.core.signing import derive
from collector.profile_cache import ProfileCache
from footprint.demo.line import Line as WholeLine
from footprint.parts.run_file import read_run
from schemas.codec import dumps, key_partition, loads
from schemas.topics import PROFILES
from streams.compiled import compiled_home
from streams.core import profiles as core
from streams.core.segment_book import SegmentBook, segments_line
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work

KNOWN = 100_000
MANY = 1_000_000
ROUNDS = 5
REQUESTS = 5_000
RATE = 500
OPEN = 10_000
MUST_P99_MS = 10.0
MUST_BEHIND_S = 2.0
LOOKS = 30
FACTS = 20_000
SEGMENTS = """
version: "1"
segments:
  warm: {all: [{score: engagement, at_least: 40}], none: [{preference: {opt: out}}]}
  likes_shoes: {any: [{top_interest: shoes}, {interest: shoes, at_least: 5}]}
  quiet: {all: [{customer: true}], none: [{active_within: 30d}]}
"""


def run() -> bool:
    """Measure, print and record. True when every request was answered as it must be."""
    load = os.getloadavg()[0]
    report = Report("profiles", ["what", "measured", "must", "hello"])
    with servers() as line:
        answered = _served(line, report)
    _cached(report)
    _behind(report)
    _agent(report)
    report.note(f"Load average at the start: {load:.1f}. The cores ran {'compiled' if compiled_home() else 'as plain Python'}.")
    report.finish()
    return answered


def record(subject: str, number: int = 0) -> bytes:
    """Return a profile of a usual size."""
    now = time.time_ns() // 1_000_000
    score = {"raw_value": 43.5, "floor": 0, "ceiling": 100, "half_life_s": 1_209_600.0, "band": "2", "updated_at": now}
    customer, visitor = (subject[2:], "") if subject.startswith("c:") else ("", subject[2:])
    value = {
        "site": "bench",
        "subject": subject,
        "customer_id": customer,
        "visitor_id": visitor,
        "stage": "intent",
        "scores": dict.fromkeys(("engagement", "fit", "interests", "lifecycle"), score),
        "interests": [{"category": f"category {(number + one) % 50}", "points": 8.0 - one} for one in range(6)],
        "segments": {"warm": now, "likes_shoes": now},
        "preferences": [],
        "consent": {"choice": "granted", "at": now},
        "updated_at": now,
        "version": 7,
    }
    return dumps(value)


def _served(line: Line, report: Report) -> bool:
    asyncio.run(_fill(line.bootstrap))
    program, folder = str(Path(sys.executable).with_name("footprint")), line.folder / "telling"
    folder.mkdir(mode=0o700)
    made = subprocess.run(
        [program, "keys", "create", "--site", "bench", "--secret", "--json", "--data-dir", str(folder)], check=True, capture_output=True
    )
    key = loads(made.stdout)["key"]
    collector = line.another(program, folder, FOOTPRINT_ME_FIELDS="interests,stage")
    try:
        proof = Proof("bench", (derive(SIGNING_KEY, "proof", "bench"),))
        began = time.monotonic()
        _until(lambda: _status(collector.port, "/v1/profiles/customer-1", key) == 200)
        report.row(f"until a new collector knows {KNOWN:,} profiles, s", f"{time.monotonic() - began:.1f}", "", "")
        report.row("its memory then, MB", f"{_memory_mb(collector):.0f}", "", "")
        answered = [_kind(report, line, collector, name, make) for name, make in _kinds(key, proof).items()]
        return all(answered)
    finally:
        collector.end()


def _kinds(key: str, proof: Proof) -> dict[str, Callable[[int], bytes]]:
    now = time.time_ns() // 1_000_000
    return {
        "GET /v1/profiles": lambda number: get(f"/v1/profiles/customer-{number}", {"authorization": f"Bearer {key}"}),
        "GET /v1/me": lambda number: get(
            "/v1/me?writeKey=bench", {"authorization": f"Bearer {sign_visitor(f'visitor-{number}', proof, now_ms=now)}"}
        ),
    }


def _kind(report: Report, line: Line, collector: Server, name: str, make: Callable[[int], bytes]) -> bool:
    chosen = random.Random(1)
    requests = [make(chosen.randrange(KNOWN // 2)) for _ in range(REQUESTS)]
    hello = [get("/", {})] * REQUESTS
    ratios, answers = [], Answers()
    for _ in range(ROUNDS):
        of_hello, _ = _cpu(line.hello, hello)
        of_us, answers = _cpu(collector, requests)
        ratios.append(of_us / of_hello)
    report.row(f"{name}: CPU per request, in H", f"{statistics.median(ratios):.1f}", "", "1")
    ours = open_loop(collector.port, [make(chosen.randrange(KNOWN // 2)) for _ in range(OPEN)], rate=RATE)
    beside = open_loop(line.hello.port, [get("/", {})] * OPEN, rate=RATE)
    report.row(f"{name}: median at {RATE}/s, ms", f"{ours.quantile(0.5):.2f}", "", f"{beside.quantile(0.5):.2f}")
    report.row(f"{name}: p99 at {RATE}/s, ms", f"{ours.quantile(0.99):.2f}", f"{MUST_P99_MS:.0f}", f"{beside.quantile(0.99):.2f}")
    return set(answers.statuses) == {200} and set(ours.statuses) == {200}


def _cpu(server: Server, requests: list[bytes]) -> tuple[float, Answers]:
    before = server.cpu()
    answers = closed_loop(server.port, requests)
    return server.cpu() - before, answers


async def _fill(bootstrap: str) -> None:
    """Write half as many customers as profiles, and as many visitors."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=512 * 1024)
    await producer.start()
    waiting = []
    for number in range(KNOWN // 2):
        for subject in (f"c:customer-{number}", f"v:visitor-{number}"):
            key = f"bench:{subject}".encode()
            waiting.append(await producer.send(PROFILES.name, record(subject, number), key=key, partition=key_partition(key, PARTITIONS)))
    await asyncio.gather(*waiting)
    await producer.stop()


def _status(port: int, path: str, key: str) -> int:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"authorization": f"Bearer {key}"}), timeout=5
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0


def _until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the profiles did not come")
        time.sleep(0.005)


def _memory_mb(server: Server) -> float:
    lines = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon")) / 1024


def _cached(report: Report) -> None:
    value = record("c:customer-0")
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder:
        before = _own_memory_mb()
        cache = ProfileCache(Path(folder))
        began = time.process_time()
        for number in range(MANY):
            cache.put(f"bench:c:customer-{number * 7919 % MANY}".encode(), value)
        put_us = (time.process_time() - began) / MANY * 1e6
        keys = [f"bench:c:customer-{random.randrange(MANY)}" for _ in range(20_000)]
        began = time.process_time()
        found = [cache.get(key) for key in keys]
        get_us = (time.process_time() - began) / len(keys) * 1e6
        assert None not in found
        report.row(f"a cache of {MANY:,} profiles of {len(value)} bytes: disk, MB", f"{cache.size / 1e6:.0f}", "", "")
        report.row("its memory, MB (without pages of the file)", f"{_own_memory_mb() - before:.0f}", "", "")
        report.row("CPU to put one, and to get one, us", f"{put_us:.1f}, {get_us:.1f}", "", "")
        cache.close()


def _own_memory_mb() -> float:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon")) / 1024


def _behind(report: Report) -> None:
    program = str(Path(sys.executable).with_name("footprint"))
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder, WholeLine(Path(folder)) as line:
        port = int(read_run(line.data_dir).collector.rpartition(":")[2])
        made = subprocess.run(
            [program, "keys", "create", "--site", "demo", "--secret", "--json", "--data-dir", str(line.data_dir)],
            check=True,
            capture_output=True,
        )
        key = loads(made.stdout)["key"]
        _until(lambda: _status(port, "/v1/profiles/nobody", key) == 404)
        took = sorted(_one_way(port, key, f"customer-{number}") for number in range(LOOKS))
    report.row("behind the event: median, s", f"{statistics.median(took):.2f}", "", "")
    report.row(f"behind the event: longest of {LOOKS}, s", f"{took[-1]:.2f}", f"{MUST_BEHIND_S:.0f}", "")


def _one_way(port: int, key: str, customer: str) -> float:
    body = dumps({"userId": customer, "event": "Product Viewed", "properties": {"category": "shoes"}})
    sent = urllib.request.Request(f"http://127.0.0.1:{port}/v1/track", data=body, headers={"x-write-key": "demo"})
    urllib.request.urlopen(sent, timeout=20).close()
    began = time.monotonic()
    _until(lambda: _status(port, f"/v1/profiles/{customer}", key) == 200)
    took = time.monotonic() - began
    time.sleep(random.random() / 4)  # so that no step of the way always meets the next one at the same moment
    return took


def _agent(report: Report) -> None:
    """CPU of the profiles agent for a fact: a score of one of a thousand customers, twenty to a record, three segments."""
    now = time.time_ns() // 1_000_000
    score = {"raw_value": 43.5, "floor": 0, "ceiling": 100, "half_life_s": 1_209_600.0, "band": "2", "updated_at": now, "stage": "intent"}
    facts = [
        {
            "site": "bench",
            "subject": f"c:{number % 1000}",
            "fact": "score",
            "name": f"score-{number % 3}",
            "value": score | {"version": number},
        }
        for number in range(FACTS)
    ]
    lines = [dumps(fact | {"at": now}) for fact in facts]
    book, state, meta = SegmentBook(1), PartitionState(), {}
    core.absorb(segments_line("bench", SEGMENTS, partition=0, at=now), Work(state, meta), rules=book, arrival=Arrival(at=now))
    state.changes()
    state.commit()
    began = time.process_time()
    for first in range(0, FACTS, 20):
        work = Work(state, meta)
        core.absorb(b"\n".join(lines[first : first + 20]), work, rules=book, arrival=Arrival(at=now))
        state.changes()
        state.commit()
    report.row("CPU of the profiles agent's core, us a fact", f"{(time.process_time() - began) / FACTS * 1e6:.0f}", "", "")
