"""The audit log: to Kafka at once, else to a file that waits for Kafka. What neither takes is not recorded, and says so."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from console.ports import JournalFigures, Writer
from console.waiting import WaitingFile
from schemas.codec import dumps, loads
from schemas.errors import Retryable
from schemas.topics import AUDIT

log = structlog.get_logger()

SHIP_S = 2.0


class KafkaJournal:
    """The `Journal` of `console.ports`. Whom `is_forgotten` (site, customer) knows is not named any more: the keyed hash says enough."""

    def __init__(
        self, writer: Writer, waiting: WaitingFile, is_forgotten: Callable[[str, str], bool] = lambda _site, _customer: False
    ) -> None:
        self._writer = writer
        self._waiting = waiting
        self._is_forgotten = is_forgotten
        self._trouble = ""
        self._figures = JournalFigures()

    async def write(self, entry: Mapping[str, Any]) -> None:
        """Record an entry; see `console.ports.Journal`."""
        try:
            await self._append(entry)
            self._count(kept=self._figures.kept + 1)
        except Retryable:
            await self._wait(entry)
            self._count(waited=self._figures.waited + 1)
        self._trouble = ""

    def trouble(self) -> str:
        """Return what is wrong; see `console.ports.Journal`."""
        return self._trouble or ("" if self._waiting.is_empty else "Entries of the audit log wait in a file for Kafka.")

    def figures(self) -> JournalFigures:
        """Return how things stand; see `console.ports.Journal`."""
        return replace(self._figures, waiting_bytes=self._waiting.size)

    async def run(self, stop: asyncio.Event) -> None:
        """Write what waits to Kafka, until `stop`."""
        while not stop.is_set():
            if not self._waiting.is_empty:
                await self.ship()
            try:
                await asyncio.wait_for(stop.wait(), SHIP_S)
            except TimeoutError:
                continue

    async def ship(self) -> None:
        """Write what waits to Kafka, all of it or, for the next time, none; a repeat is the same entry."""
        try:
            for line in await asyncio.to_thread(self._waiting.take):
                await self._append(loads(line))
        except Retryable:
            return
        self._waiting.shipped()

    async def _wait(self, entry: Mapping[str, Any]) -> None:
        try:
            await asyncio.to_thread(self._waiting.append, dumps(dict(entry)))
        except Retryable as error:
            self._trouble = str(error)
            self._count(refused=self._figures.refused + 1)
            log.warning("audit_not_written", reason=str(error))
            raise

    def _count(self, **changed: int) -> None:
        self._figures = replace(self._figures, **changed)

    async def _append(self, entry: Mapping[str, Any]) -> None:
        named = entry["customer_id"] and not self._is_forgotten(entry["site"], entry["customer_id"])
        await self._writer.append(AUDIT, entry["site"], entry if named else {**entry, "customer_id": ""})
