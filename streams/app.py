"""The two applications: a worker of the streams has both agents of events, one of profiles has those of profiles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas.connections import KafkaConnection
from schemas.tracing import Tracer
from streams.agents import gathering_hops, profiles_hop, subjects_hop, visitors_hop
from streams.core.rulebook import ModelTexts, read_book
from streams.core.rules import DEFAULT_SITE, SiteRules, VisitorRules
from streams.faust_exact.engine import Engine
from streams.faust_exact.hop import Delivery
from streams.ports import Observer

APPLICATION = "footprint-streams"
PROFILES_APPLICATION = "footprint-profiles"


@dataclass(frozen=True, slots=True)
class StreamsConfig:
    """Everything the streams need to know. `partitions` is that of every topic; `model` is that of every site without one in `models`.

    `others` are the rules of every site without some in `sites`.
    `instance` names this worker: stable over restarts, unique among the workers that run at the same time.
    """

    connection: KafkaConnection
    partitions: int
    model: ModelTexts
    models: Mapping[str, ModelTexts] = field(default_factory=dict)
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    others: SiteRules = DEFAULT_SITE
    session_update_ms: int = 30_000
    application: str = APPLICATION
    instance: str = ""


def create_engine(config: StreamsConfig, *, clock: Callable[[], int], observer: Observer, tracer: Tracer | None = None) -> Engine:
    """Return the worker, not started. Call it inside the event loop that runs it; `clock` returns Unix milliseconds.

    Raises Misconfigured when the model or the triggers are not valid.
    """
    delivery = Delivery(config.application, config.connection, config.partitions, instance=config.instance)
    hops = (
        visitors_hop(VisitorRules(config.partitions, config.session_update_ms, config.sites, config.others)),
        subjects_hop(read_book(config.model, config.models, partitions=config.partitions)),
    )
    return Engine(delivery, hops, clock=clock, observer=observer, tracer=tracer)


def create_profiles_engine(delivery: Delivery, *, clock: Callable[[], int], observer: Observer, tracer: Tracer | None = None) -> Engine:
    """Return a worker that keeps profiles, not started. Call it inside the event loop that runs it; `clock` returns Unix milliseconds."""
    hops = (*gathering_hops(delivery.partitions), profiles_hop(delivery.partitions))
    return Engine(delivery, hops, clock=clock, observer=observer, tracer=tracer)
