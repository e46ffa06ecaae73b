"""What is done to the streams: each fault comes into a line that works, and ends when it may work again."""

import asyncio
import signal
from dataclasses import dataclass

from tests.chaos.streams_feed import Feeder
from tests.chaos.streams_rig import Rig

SESSION_S = 20


@dataclass
class Scene:
    """What a fault can reach, and how large it is. `turn` counts the rounds."""

    rig: Rig
    feeder: Feeder
    turn: int = 0
    giant: int = 6_000
    padding: int = 5_000

    def worker(self):
        """Return one worker after the other."""
        return self.rig.workers[self.turn % 2]


async def kill(scene):
    scene.worker().send(signal.SIGKILL)


async def kill_both(scene):
    for worker in scene.rig.workers:
        worker.send(signal.SIGKILL)


async def kill_twice(scene):
    """The second time it dies about when it takes its partitions over."""
    await kill(scene)
    await asyncio.sleep(5)
    await kill(scene)


async def roll_two(scene):
    for worker in scene.rig.workers[:2]:
        code = await worker.stop()
        assert code == 0, f"a worker ended with {code} when asked to stop"
        await scene.rig.until_well()


async def roll_three(scene):
    """A third worker comes, all are restarted, the next before the last works again, and the third goes: partitions move each time."""
    third = scene.rig.add_worker()
    await scene.rig.until_well()
    for worker in scene.rig.workers:
        await worker.stop()
        await asyncio.sleep(1)
    await scene.rig.until_well()
    await scene.rig.remove_worker(third)


async def freeze(scene):
    """Another worker takes its partitions over; when it wakes up it must not write as if no time had passed."""
    worker = scene.worker()
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(SESSION_S + 2)
    worker.send(signal.SIGCONT)


async def kill_broker(scene):
    await asyncio.to_thread(scene.rig.broker.kill)
    await asyncio.to_thread(scene.rig.broker.start)


async def freeze_broker(scene):
    await asyncio.to_thread(scene.rig.broker.freeze)
    await asyncio.sleep(8)
    scene.rig.broker.thaw()


async def restart_broker(scene):
    await asyncio.to_thread(scene.rig.broker.stop)
    await asyncio.to_thread(scene.rig.broker.start)


async def poison(scene):
    await scene.feeder.feed_poison()
    await kill(scene)


async def giant(scene):
    await scene.feeder.feed_giant(scene.turn, scene.giant)
    await kill(scene)


async def pad_changelog(scene):
    await scene.feeder.grow_changelog(scene.padding)
    await kill_both(scene)


FAULTS = {
    "kill -9 a worker": kill,
    "rolling restart of two workers": roll_two,
    "kill -9 Kafka, start it again": kill_broker,
    "poison records, kill -9 a worker": poison,
    "freeze a worker for longer than its session": freeze,
    "stop Kafka, start it again": restart_broker,
    "rolling restart of three workers, the third comes and goes": roll_three,
    "a state out of all proportion, kill -9 a worker": giant,
    "freeze Kafka for 8 s": freeze_broker,
    "kill -9 a worker, and again as it takes over": kill_twice,
    "80 MB of old state, kill -9 both workers": pad_changelog,
}
SHORT = ("poison records, kill -9 a worker", "a state out of all proportion, kill -9 a worker")
