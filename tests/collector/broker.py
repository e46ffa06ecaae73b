"""A Kafka of a test's own, to be killed, frozen and started again, and what is on its topics."""

import signal

from aiokafka import AIOKafkaConsumer, TopicPartition

from footprint import topics
from footprint.settings import Settings
from tests.support.servers import LocalKafka, in_own_loop

PARTITIONS = 4


class Broker(LocalKafka):
    """A local Kafka with the topics of the line."""

    def prepare(self):
        in_own_loop(topics.create, self.connection, Settings(partitions=PARTITIONS))

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        while self.is_ready():  # its threads do not all stop at once
            pass

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    async def ends(self, topic):
        async with self._consumer() as consumer:
            return await consumer.end_offsets([TopicPartition(topic.name, number) for number in range(PARTITIONS)])

    async def read(self, topic, starts):
        """Return the records of a topic from `starts` on, each partition in its order."""
        async with self._consumer() as consumer:
            consumer.assign(list(starts))
            ends = await consumer.end_offsets(list(starts))
            for partition, offset in starts.items():
                consumer.seek(partition, offset)
            found = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(records)
            return sorted(found, key=lambda record: (record.partition, record.offset))

    def _consumer(self):
        return AIOKafkaConsumer(bootstrap_servers=self.connection.bootstrap, enable_auto_commit=False)
