"""How much one transaction holds, and how often timers run, before any broker is asked."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from schemas.connections import KafkaConnection
from streams.faust_exact.hop import Delivery
from streams.faust_exact.kafka import TopicPartition
from streams.faust_exact.partition import Partition
from streams.faust_exact.takes import Bounds
from streams.faust_exact.timers import Timers
from tests.streams.faust_exact.counting import Line, hops

DELIVERY = Delivery("pace", KafkaConnection("nowhere:1"), 4)
RECORD = SimpleNamespace(value=b"x" * 100)


def held(delivery):
    part = Bounds(delivery)
    while not part.is_full(RECORD):
        assert part.records < 1000
    return part.records


def test_a_transaction_ends_with_the_record_that_makes_it_large_enough():
    assert held(replace(DELIVERY, take_bytes=1000, take_s=60.0)) == 10
    assert held(replace(DELIVERY, take_bytes=1001, take_s=60.0)) == 11


def test_a_transaction_ends_with_the_record_that_took_too_long_and_always_holds_one():
    assert held(replace(DELIVERY, take_s=0.0)) == 1


class Owned:
    """An ownership that has one partition, and takes that write nothing."""

    def __init__(self, hop):
        self.only = Partition(hop, TopicPartition(hop.source.name, 0))
        self.only.producer = object()

    async def release_lost(self):
        pass

    def assigned(self):
        return {self.only.tp}

    def partition(self, tp):
        assert tp == self.only.tp
        return self.only

    def settled(self):
        return True

    async def own(self, partition, generation):
        partition.generation = generation

    async def heal(self, partition):
        pass

    async def commit_timers(self, partition, work):
        pass


@pytest.mark.parametrize(("lag", "runs"), [(0, 3), (7, 1)])
async def test_timers_run_with_every_tick_but_seldom_while_there_is_more_to_absorb(lag, runs):
    seen = []
    hop = replace(hops(Line("pace"))[0], advance=lambda _work, moment: bool(seen.append(moment)))
    owned = Owned(hop)
    timers = Timers(DELIVERY, owned, owned, clock=lambda: 0, lag=lambda _: lag)
    for _ in range(3):
        await timers.tend(1, {})
    assert len(seen) == runs
    owned.only.advanced_at -= 1.0
    await timers.tend(1, {})
    assert len(seen) == runs + 1
