"""Runs an import: every chunk is looked up, what is missing is sent, and the chunk is done when the store holds all of it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from footprint.importing.chunks import Chunk
from footprint.importing.pace import Pace
from footprint.importing.ports import Entry, Rejecting, Stored
from footprint.importing.tally import Tally
from schemas.errors import Retryable
from schemas.identities import usable_id

IN_FLIGHT = 6
POLL_S = 0.25


@dataclass(slots=True)
class Flow:
    """One import. `patience_s` is how long nothing may be stored before it gives up; `clock` is monotonic seconds."""

    stored: Stored
    entry: Entry
    rejecting: Rejecting
    tally: Tally
    clock: Callable[[], float]
    pace: Pace
    patience_s: float = 60.0
    advance: Callable[[int], None] = lambda _: None
    visitors: set[str] = field(default_factory=set)
    progress_at: float = 0.0

    async def run(self, chunks: Iterator[Chunk]) -> None:
        """Import all chunks, a few at a time. Raises what the first failing one raised, after the others ended."""
        room = asyncio.Semaphore(IN_FLIGHT)
        self.progress_at = self.clock()
        try:
            async with asyncio.TaskGroup() as group:
                while chunk := await asyncio.to_thread(next, chunks, None):
                    await room.acquire()
                    group.create_task(self._import(chunk)).add_done_callback(lambda _: room.release())
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _import(self, chunk: Chunk) -> None:
        ids = {event.event_id for event in chunk.ready} | {line.event_id for line in chunk.broken}
        visitors = {event.visitor_id for event in chunk.ready}
        self.visitors |= visitors - {""}
        known, refused = await self._look(ids, visitors)
        self.tally.already_there += len(known)
        missing = ids - known - refused.keys()
        await self.pace.wait(len(missing))
        await self.entry.send([event for event in chunk.ready if event.event_id in missing])
        await self.rejecting.reject([line for line in chunk.broken if line.event_id in missing])
        now_known, now_refused = await self._confirm(missing, visitors)
        self.tally.accepted += len(now_known)
        self.tally.rejected.update((refused | now_refused).values())
        self.advance(chunk.lines)

    async def _look(self, ids: set[str], visitors: set[str]) -> tuple[set[str], dict[str, str]]:
        """Return which of `ids` are stored and why which were rejected; stored wins over rejected."""
        owners = visitors if all(map(usable_id, visitors)) else set()  # the collector drops an unusable id, so the owner is another
        known = await asyncio.to_thread(self.stored.events, ids, owners)
        return known, await asyncio.to_thread(self.stored.rejected, ids - known)

    async def _confirm(self, ids: set[str], visitors: set[str]) -> tuple[set[str], dict[str, str]]:
        known: set[str] = set()
        refused: dict[str, str] = {}
        while missing := ids - known - refused.keys():
            more, why = await self._look(missing, visitors)
            known |= more
            refused |= why
            self._watch(len(missing), progress=bool(more or why))
            if len(more) + len(why) < len(missing):
                await asyncio.sleep(POLL_S)
        return known, refused

    def _watch(self, missing: int, *, progress: bool) -> None:
        if progress:
            self.progress_at = self.clock()
        elif self.clock() - self.progress_at > self.patience_s:
            raise Retryable(
                f"{missing} lines were accepted by the collector but nothing was stored for {self.patience_s:.0f} s. "
                "Look at `footprint doctor`, then run the same import again: it continues where it stopped."
            )
