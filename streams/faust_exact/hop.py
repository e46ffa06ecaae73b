"""What a hop is, and how it is delivered: the values that the machinery is built from."""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.connections import KafkaConnection
from schemas.topics import StateTopic, Topic
from streams.core.layout import Upgrades
from streams.core.work import Arrival, Value, Work


@dataclass(frozen=True, slots=True)
class Moment:
    """The time a timer runs at. `quiet`: the partition's lag is 0 and nothing came for a while. `behind`: there is more to absorb."""

    now_ms: int
    quiet: bool
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the stream: a source topic, the state it needs, and the functions that fold one into the other.

    The functions are pure: they change `Work` and nothing else, and one partition is never in two of them at once.
    A `Work` that wrote something is committed as one transaction; an exception ends the process.
    """

    name: str
    source: Topic
    state: StateTopic
    outputs: tuple[Topic, ...]
    """Every topic that the functions may write to."""
    absorb: Callable[[bytes, Work, Arrival], None]
    """Fold one source record. Must not raise for what a caller sent."""
    advance: Callable[[Work, Moment], bool]
    """Timers, called a few times a second, once a second while there is more to absorb. True: commit and call again, more is due."""
    flush: Callable[[Work, Moment], bool]
    """Publish what was held back, on a clean stop. True as above."""
    watermark: Callable[[Value], int | None]
    """The watermark that records written by this hop carry, from the partition's meta; None: no header."""
    progress: Callable[[Value], int] = lambda _: 0
    """How far events have come, Unix milliseconds, from the partition's meta; 0: unknown. For operators only."""
    upgrades: Upgrades = field(default_factory=dict)
    """How state values of older versions become those of this one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How hops are delivered.

    `application` names the consumer group and the transactional ids. `instance` is a stable name of this worker, unique
    among those that run at the same time (static membership): a worker that comes back inside `session_s` gets its
    partitions again without stopping the others. Empty: none. A transaction holds at most `take` records, and no more than `take_bytes`
    or what takes `take_s` to absorb.
    """

    application: str
    connection: KafkaConnection
    partitions: int
    instance: str = ""
    take: int = 512
    take_bytes: int = 2 * 1024 * 1024
    take_s: float = 0.08
    within_s: float = 0.05
    tick_s: float = 0.25
    quiet_after_s: float = 60.0
    session_s: float = 12.0
    transaction_timeout_s: float = 30.0
