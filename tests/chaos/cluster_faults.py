"""What is done to the test cluster: each part is killed, each is restarted in order, workers come and go."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from tests.chaos.cluster_brokers import NODES
from tests.chaos.cluster_process import Process
from tests.chaos.cluster_rig import COLLECTORS, SINKS, WORKERS, Rig

GONE_S = 10.0
"""A broker or a store that was killed is gone for so long; our own parts come back by themselves."""
LOST_S = 45.0
"""A machine that is lost: long enough for the others to take its partitions over and work without it."""

Fault = Callable[[Rig], Awaitable[None]]


def faults() -> dict[str, Fault]:
    """Return every fault by name, in the order they are tried; each leaves all parts there."""
    found: dict[str, Fault] = {}
    found |= {f"kill -9 broker {number}": partial(kill_broker, number=number) for number in range(1, NODES + 1)}
    found |= {f"kill -9 collector {number}": partial(kill, kind="collectors", number=number) for number in range(1, COLLECTORS + 1)}
    found |= {f"kill -9 streams worker {number}": partial(kill, kind="workers", number=number) for number in range(1, WORKERS + 1)}
    found |= {f"kill -9 sink {number}": partial(kill, kind="sinks", number=number) for number in range(1, SINKS + 1)}
    found |= {"kill -9 the store": kill_store}
    found |= {
        "lose the machine of a streams worker": partial(lose, kind="workers"),
        "lose the machine of a sink": partial(lose, kind="sinks"),
        "roll the brokers": roll_brokers,
        "roll the collectors": partial(roll, kind="collectors"),
        "roll the streams workers": partial(roll, kind="workers"),
        "roll the sinks": partial(roll, kind="sinks"),
        "restart the store": restart_store,
        "add a streams worker": add_worker,
        "remove a streams worker": remove_worker,
    }
    return found


async def kill(rig: Rig, *, kind: str, number: int) -> None:
    """kill -9; it is started again after two seconds."""
    of_kind(rig, kind)[number - 1].kill()


async def kill_broker(rig: Rig, *, number: int) -> None:
    """kill -9; two brokers go on, and the third comes back."""
    node = rig.brokers.nodes[number - 1]
    await asyncio.to_thread(node.kill)
    await asyncio.sleep(GONE_S)
    await asyncio.to_thread(node.start)


async def kill_store(rig: Rig) -> None:
    """kill -9; there is one store, so rows wait in Kafka until it is back."""
    await asyncio.to_thread(rig.store.kill)
    await asyncio.sleep(GONE_S)
    await asyncio.to_thread(rig.store.start)


async def lose(rig: Rig, *, kind: str) -> None:
    """kill -9, and nobody starts it again for a long time: others do its work."""
    lost = of_kind(rig, kind)[0]
    lost.away = True
    lost.kill()
    await asyncio.sleep(LOST_S)
    lost.start()


async def roll(rig: Rig, *, kind: str) -> None:
    """SIGTERM to one after the other; the next one when all is well again."""
    for process in of_kind(rig, kind):
        code = await rig.remove(process)
        assert code == 0, f"{process.name} ended with {code} when asked to stop"
        process.look_after()
        process.start()
        await rig.until_well()


async def roll_brokers(rig: Rig) -> None:
    """SIGTERM to one after the other; the next one when every replica is in sync again."""
    for node in rig.brokers.nodes:
        await asyncio.to_thread(node.stop)
        await asyncio.to_thread(node.start)
        await rig.until_well()


async def restart_store(rig: Rig) -> None:
    """SIGTERM, and start it again."""
    await asyncio.to_thread(rig.store.stop)
    await asyncio.to_thread(rig.store.start)


async def add_worker(rig: Rig) -> None:
    """One more shares the partitions."""
    rig.add_worker()


async def remove_worker(rig: Rig) -> None:
    """SIGTERM for good: the others take over what it had."""
    code = await rig.remove(rig.workers[-1])
    assert code == 0, f"the worker ended with {code} when asked to stop"


def of_kind(rig: Rig, kind: str) -> list[Process]:
    """Return the processes of a kind that are there."""
    return [one for one in getattr(rig, kind) if not one.away]
