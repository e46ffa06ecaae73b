"""The undisturbed run: what a tormented one was fed, byte for byte and with the same times, into a line that nothing happens to."""

from aiokafka import AIOKafkaProducer

from schemas.topics import EVENTS, TRACKED
from tests.chaos.streams_compare import records_of, rows_of
from tests.chaos.streams_rig import Rig

WORKERS = 2


async def inputs_of(broker):
    """Return what others than the streams wrote to the source topics: topic, partition, value, timestamp."""
    alien = [record for record in await records_of(broker, TRACKED) if not dict(record.headers).get("from")]
    found = ((EVENTS, await records_of(broker, EVENTS)), (TRACKED, alien))
    return [(topic, record.partition, record.value, record.timestamp) for topic, records in found for record in records]


async def undisturbed(folder, inputs):
    """Run the streams over inputs and return the rows of every topic."""
    folder.mkdir()
    rig = Rig(folder)
    try:
        await rig.start(WORKERS)
        async with AIOKafkaProducer(
            bootstrap_servers=rig.broker.connection.bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=262_144
        ) as producer:
            for topic, partition, value, timestamp in inputs:
                await producer.send(topic.name, value, partition=partition, timestamp_ms=timestamp)
            await producer.flush()
        await rig.until_well(absorbed=True)
        codes = await rig.stop_workers()
        assert not any(codes), f"undisturbed workers ended with {codes}"
        return await rows_of(rig.broker)
    finally:
        rig.end()
