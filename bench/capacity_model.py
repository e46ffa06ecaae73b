"""From what a part costs at some rates to what so many events a day need. Pure: figures in, figures out.

A figure knows whether it was measured. It was, when it lies between rates that were run; every sum with a projected figure is
projected. Rates are events a second, sizes bytes unless the name says otherwise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DAY_S = 86_400
STEPS = (4, 12, 24, 48, 96, 192, 384)
"""Numbers of partitions to choose from: each but the first two is twice the one before, and all divide evenly among workers."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, and whether it was measured or follows from measured ones."""

    value: float
    measured: bool = False

    def __add__(self, other: "Figure") -> "Figure":
        return Figure(self.value + other.value, self.measured and other.measured)

    def times(self, factor: float) -> "Figure":
        """Return a multiple, which nobody has measured unless it is the figure itself."""
        return Figure(self.value * factor, self.measured and factor == 1)


@dataclass(frozen=True, slots=True)
class Part:
    """What one part costs: cores at each rate that was run (the first is rest), what each event beyond costs, and its memory."""

    cores: Sequence[tuple[float, float]]
    beyond_us: float
    memory: float

    @property
    def rest(self) -> float:
        """Return what one process takes when nothing comes."""
        return self.cores[0][1]

    def at(self, rate: float) -> Figure:
        """Return the cores at a rate: on the line between two measured ones, and beyond the last by the cost of an event."""
        for (low, before), (high, after) in zip(self.cores, self.cores[1:], strict=False):
            if low <= rate <= high:
                share = (rate - low) / (high - low)
                return Figure(before + share * (after - before), measured=True)
        last, cores = self.cores[-1]
        return Figure(cores + (rate - last) * self.beyond_us / 1e6, measured=rate <= last)


@dataclass(frozen=True, slots=True)
class Slopes:
    """Everything that a run measures. `parts` by name; `topics` and `tables`: bytes an event; `keys`: memory of a key by its kind."""

    parts: Mapping[str, Part]
    topics: Mapping[str, float]
    tables: Mapping[str, float]
    keys: Mapping[str, float]
    stored_keys: Mapping[str, float]
    load_keys_s: float
    spooled: float


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no run can know. Every one of them is printed beside the figures."""

    peak: float = 5.0
    """The busiest second of the day, in means."""
    busy: float = 0.6
    """A core is planned to be this busy at the peak; the rest catches up after an outage."""
    store_busy: float = 0.5
    """The same for the store's cores: the other half answers questions."""
    visit: float = 10.0
    """Events of a visit."""
    visitor: float = 50.0
    """Events of one visitor or customer in 400 days."""
    retention_days: float = 395.0
    disk_full: float = 0.7
    """How full a disk is planned to be: merges and compaction need room."""
    replica_cpu: float = 0.5
    """What a further copy of a record costs the brokers, in what the first one costs."""
    compacted: float = 1.5
    """What a compacted topic takes on disk, in what its newest records take."""
    worker_bytes: float = 16e9
    """State that one worker of the streams is given."""
    store_cores: int = 16
    store_disk: float = 4e12
    broker_cores: int = 8
    broker_disk: float = 4e12
    spool_hours: float = 1.0
    """An outage of Kafka at the peak that the collectors ride out."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A size of a site, and how many copies of its data are kept."""

    events_a_day: float
    kafka_copies: int
    store_copies: int

    @property
    def mean(self) -> float:
        """Return its mean rate."""
        return self.events_a_day / DAY_S


@dataclass(frozen=True, slots=True)
class Need:
    """What a volume needs; `cores` are those to buy for each part, at the planned load."""

    peak: float
    cores: Mapping[str, Figure]
    processes: Mapping[str, int]
    memory: Mapping[str, Figure]
    kafka_disk: Figure
    store_disk: Figure
    spool: Figure
    partitions: int
    brokers: int
    shards: int
    restart_s: Figure


SINGLE = ("collector", "streams", "profiles", "sink")
"""Parts whose process uses one core."""

KEPT = {"streams": ("visitor", "subject"), "profiles": ("profile",)}
"""Which keys a part holds in memory."""


def need(volume: Volume, slopes: Slopes, given: Assumptions, retention: Mapping[str, float | None]) -> Need:
    """Return what a volume needs. `retention` is the days that Kafka keeps each topic, None for a compacted one."""
    peak = volume.mean * given.peak
    state = {name: state_of(volume, slopes, given, part=name) for name in KEPT if name in slopes.parts}
    processes = {name: _processes(slopes.parts[name].at(peak).value, given) for name in SINGLE if name in slopes.parts}
    processes |= {name: max(processes[name], math.ceil(one.value / given.worker_bytes)) for name, one in state.items()}
    used = {name: _used(name, volume, slopes, given, processes) for name in slopes.parts}
    cores = {name: Figure(one.value / (given.store_busy if name == "store" else given.busy), one.measured) for name, one in used.items()}
    kafka_disk = kafka_bytes(volume, slopes, given, retention)
    store_disk = Figure(sum(slopes.tables.values()) * volume.events_a_day * given.retention_days * volume.store_copies / given.disk_full)
    return Need(
        peak,
        cores,
        processes,
        memory_of(volume.mean * given.peak, slopes, processes, state),
        kafka_disk,
        store_disk,
        Figure(slopes.spooled * peak * 3600 * given.spool_hours),
        partitions_for(max(processes[name] for name in state)),
        max(volume.kafka_copies, math.ceil(kafka_disk.value / given.broker_disk), math.ceil(cores["kafka"].value / given.broker_cores)),
        max(1, math.ceil(store_disk.value / volume.store_copies / given.store_disk), math.ceil(cores["store"].value / given.store_cores)),
        restart_of(volume, slopes, given, processes["streams"]),
    )


def _processes(cores: float, given: Assumptions) -> int:
    return max(1, math.ceil(cores / given.busy))


def _used(name: str, volume: Volume, slopes: Slopes, given: Assumptions, processes: Mapping[str, int]) -> Figure:
    """Return the cores that a part uses at the peak: each further process takes what the first one takes at rest."""
    part = slopes.parts[name]
    used = part.at(volume.mean * given.peak)
    if name == "kafka":
        return used.times(1 + given.replica_cpu * (volume.kafka_copies - 1))
    more = processes.get(name, 1) - 1
    return used + Figure(part.rest * more, measured=True) if more else used


def held(volume: Volume, given: Assumptions) -> dict[str, float]:
    """Return how many keys of each kind are held: visitors of three days, subjects of four hundred, and a profile of each of these."""
    subjects = 400 * volume.events_a_day / given.visitor
    return {"visitor": 3 * volume.events_a_day / given.visit, "subject": subjects, "profile": subjects}


def state_of(volume: Volume, slopes: Slopes, given: Assumptions, *, part: str = "streams") -> Figure:
    """Return the memory that the state of all workers of a part takes."""
    keys = held(volume, given)
    return Figure(sum(keys[kind] * slopes.keys[kind] for kind in KEPT[part]))


def memory_of(rate: float, slopes: Slopes, processes: Mapping[str, int], state: Mapping[str, Figure]) -> dict[str, Figure]:
    """Return the memory of each part at a rate: what a process takes, and for those that hold some their state."""
    found = {name: Figure(part.memory, part.at(rate).measured).times(processes.get(name, 1)) for name, part in slopes.parts.items()}
    return found | {name: found[name] + one for name, one in state.items()}


def kafka_bytes(volume: Volume, slopes: Slopes, given: Assumptions, retention: Mapping[str, float | None]) -> Figure:
    """Return the disk of all brokers: what topics keep by time, the newest records of compacted ones, and all copies."""
    by_time = sum(size * volume.events_a_day * days for name, size in slopes.topics.items() if (days := retention[name]) is not None)
    keys = held(volume, given)
    compacted = sum(keys[kind] * size for kind, size in slopes.stored_keys.items()) * given.compacted
    return Figure((by_time + compacted) * volume.kafka_copies / given.disk_full)


def partitions_for(workers: int) -> int:
    """Return the number of partitions for so many workers: at least two each, so that one more worker has something to take."""
    return next((step for step in STEPS if step >= 2 * workers), 2 * workers)


def restart_of(volume: Volume, slopes: Slopes, given: Assumptions, workers: int) -> Figure:
    """Return how long a worker of the streams loads the state of its partitions before it goes on."""
    keys = held(volume, given)
    return Figure(sum(keys[kind] for kind in KEPT["streams"]) / workers / slopes.load_keys_s)
