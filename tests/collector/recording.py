"""A publisher that keeps what it is given. It passes the same contract suite as the real one (tests/contracts/test_publisher.py)."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from collector.ports import Done, Publication, Spooled
from schemas import codec
from schemas.errors import Retryable


@dataclass
class RecordingPublisher:
    events: dict[int, list[bytes]] = field(default_factory=dict)
    rejected: list[tuple[bytes, bytes]] = field(default_factory=list)
    away: bool = False
    running: bool = False
    hold: asyncio.Event | None = None
    held: list[asyncio.Task] = field(default_factory=list)
    spooled: Spooled = field(default_factory=Spooled)
    trouble: str = ""

    async def start(self) -> None:
        self.running = True

    def submit(self, publication: Publication, done: Done) -> None:
        if self.hold is None:
            done(self._keep(publication))
        else:
            task = asyncio.create_task(self.hold.wait())
            task.add_done_callback(lambda _: done(self._keep(publication)))
            self.held.append(task)

    def _keep(self, publication: Publication) -> Retryable | None:
        if self.away or not self.running:
            return Retryable("away")
        for partition, lines in publication.events.items():
            self.events.setdefault(partition, []).extend(lines)
        self.rejected.extend(publication.rejected)
        return None

    async def keep(self, publication: Publication) -> None:
        trouble = self._keep(publication)
        if trouble is not None:
            raise trouble

    async def probe(self) -> str:
        if self.away or not self.running:
            raise Retryable("away")
        return self.trouble or "ok"

    async def close(self) -> None:
        self.running = False

    @property
    def stored(self) -> list[dict]:
        return [codec.loads(line) for lines in self.events.values() for line in lines]

    @property
    def turned_away(self) -> list[dict]:
        return [codec.loads(value) for _, value in self.rejected]


@asynccontextmanager
async def lifespan(app):
    """Run an ASGI application's lifespan around the block."""
    inbox: asyncio.Queue = asyncio.Queue()
    outbox: asyncio.Queue = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    started = await outbox.get()
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        ended = await outbox.get()
        await task
        assert ended["type"] == "lifespan.shutdown.complete", ended


async def eventually(condition, seconds=10):
    """Return once `await condition()` is true; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)
