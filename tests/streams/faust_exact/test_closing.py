"""A partition does not wait for a connection that a broker is slow to end."""

import asyncio

from aiokafka.errors import KafkaError

from streams.faust_exact.kafka import close


class Reader:
    """A reader that has stopped when it is let, and may fail then."""

    def __init__(self, error=None):
        self.let, self.stopped, self.error = asyncio.Event(), asyncio.Event(), error

    async def stop(self):
        await self.let.wait()
        self.stopped.set()
        if self.error:
            raise self.error


async def test_a_reader_that_is_slow_to_end_is_left_to_end_by_itself():
    reader = Reader()
    async with asyncio.timeout(10):
        await close(reader)
        assert not reader.stopped.is_set()
        reader.let.set()
        await reader.stopped.wait()


async def test_a_reader_that_ends_at_once_has_ended_whatever_the_broker_says():
    reader = Reader(KafkaError())
    reader.let.set()
    await close(reader)
    assert reader.stopped.is_set()
