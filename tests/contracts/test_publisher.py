"""What every `Publisher` promises."""

import asyncio
import time

import pytest

from collector.ports import Publication, publish
from schemas.errors import Retryable
from tests.collector.recording import eventually


def lines(name, count, size=20):
    return [f"{name}-{number}-".encode().ljust(size, b"x") for number in range(count)]


async def test_what_is_published_is_durable_in_its_partition_and_order(target):
    await publish(target.publisher, Publication({0: lines("a", 3), 2: lines("b", 2)}))
    await publish(target.publisher, Publication({0: lines("c", 2)}))
    assert await target.events() == {0: lines("a", 3) + lines("c", 2), 2: lines("b", 2)}


async def test_rejected_records_keep_their_key(target):
    await publish(target.publisher, Publication({}, [(b"demo", b"{1}"), (b"demo", b"{2}")]))
    await publish(target.publisher, Publication({1: lines("a", 1)}, [(b"shop", b"{3}")]))
    assert sorted(await target.rejected()) == [(b"demo", b"{1}"), (b"demo", b"{2}"), (b"shop", b"{3}")]
    assert await target.events() == {1: lines("a", 1)}


async def test_many_at_once_are_all_durable_once(target):
    publications = [Publication({number % 4: lines(f"p{number}", 5)}) for number in range(200)]
    await asyncio.gather(*(publish(target.publisher, publication) for publication in publications))
    stored = [line for partition in (await target.events()).values() for line in partition]
    assert sorted(stored) == sorted(line for publication in publications for held in publication.events.values() for line in held)


async def test_a_publication_of_many_megabytes_is_durable_as_a_whole(target):
    large = {partition: lines(f"large{partition}", 60, size=64 * 1024) for partition in range(3)}
    await publish(target.publisher, Publication(large, [(b"demo", b"x" * 2000)] * 2000))
    assert await target.events() == large
    assert len(await target.rejected()) == 2000


async def test_without_the_broker_it_says_so_within_five_seconds_and_recovers_by_itself(target):
    await target.publisher.probe()
    await target.go_away()
    started = time.monotonic()
    try:
        for name in ("first", "second", "third"):
            with pytest.raises(Retryable):
                await publish(target.publisher, Publication({0: lines(name, 1)}))
        waited = time.monotonic() - started
        with pytest.raises(Retryable):
            await target.publisher.probe()
    finally:
        await target.come_back()
    assert waited < 5.5  # the promise to clients, not a measurement: all three were told

    async def back():
        try:
            await target.publisher.probe()
        except Retryable:
            return False
        return True

    await eventually(back, 60)
    await publish(target.publisher, Publication({0: lines("after", 1)}))
    stored = (await target.events())[0]
    assert stored.count(lines("after", 1)[0]) == 1
    assert stored[-1] == lines("after", 1)[0]


async def test_a_closed_publisher_takes_nothing_more(target):
    await target.publisher.close()
    with pytest.raises(Retryable):
        await publish(target.publisher, Publication({0: lines("late", 1)}))
