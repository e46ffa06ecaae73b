"""What the console's process does beside its pages: it opens tasks, hands on what is overdue, and ships the audit log that waited."""

import asyncio
import time
from contextlib import AsyncExitStack

from console.core.opening import SiteRules, TaskRule
from console.escalating import Escalation
from console.journal import KafkaJournal
from console.kafka import TASKS_GROUP, KafkaWriter
from console.opening import Opener
from console.ports import Store
from console.recording import Steps
from footprint import topics
from footprint.auditing import waiting_file
from footprint.parts.connections import resolve_kafka
from footprint.parts.starting import Starting
from footprint.settings import Settings
from footprint.suppressing import is_suppressed
from schemas.topics import SIGNALS
from sinks.kafka import KafkaSource


def rules_of(settings: Settings, site: str) -> SiteRules:
    """Return what signals of a site make somebody do."""
    told = settings.site(site)
    return SiteRules({trigger: TaskRule(**rule.model_dump()) for trigger, rule in told.tasks.items()}, told.owners)


class Beside:
    """The console's writers, and the loops that use them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._starting = Starting("console_waits")
        self.writer = KafkaWriter(resolve_kafka(settings))
        self.journal = KafkaJournal(self.writer, waiting_file(settings), lambda site, customer: is_suppressed(settings, site, customer))

    async def run(self, steps: Steps, store: Store, stop: asyncio.Event) -> None:
        """Work until `stop`. Waits for a broker that is away; raises Misconfigured where a topic is missing."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.writer.stop)
            shipping = asyncio.create_task(self.journal.run(stop))
            opener = await self._opener(steps, stop, stack)
            if opener is not None:
                await asyncio.gather(opener.run(stop), Escalation(store, steps).run(stop))
            await shipping

    async def _opener(self, steps: Steps, stop: asyncio.Event, stack: AsyncExitStack) -> Opener | None:
        kafka = resolve_kafka(self._settings)
        if not await self._starting.until_up(lambda: topics.check(kafka, self._settings), stop):
            return None
        await self.writer.connect()
        source = KafkaSource(kafka, [SIGNALS.name], group=TASKS_GROUP)
        stack.push_async_callback(source.stop)
        if not await self._starting.until_up(source.start, stop):
            return None
        return Opener(source, steps, lambda site: rules_of(self._settings, site), lambda: time.time_ns() // 1_000_000)
