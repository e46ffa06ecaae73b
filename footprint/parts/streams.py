"""The streams' process: one worker of the group that runs the visitors and subjects agents."""

import socket

from footprint import models
from footprint.parts.connections import resolve_kafka
from footprint.parts.worker import now_ms, run_worker
from footprint.settings import Settings
from footprint.site_settings import SiteSettings
from footprint.tracing import tracer_of
from streams.app import StreamsConfig, create_engine
from streams.core.mail_agents import MailAgents
from streams.core.rules import SiteRules


def run(settings: Settings, *, health_port: int, worker: int = 1) -> None:
    """Process events until SIGTERM or SIGINT, then publish what was held back, and return.

    Waits for a broker that is away. Raises Misconfigured when a topic is missing or does not fit.
    """
    config, tracer = config_of(settings, worker=worker), tracer_of(settings, "streams")
    run_worker(
        settings,
        "streams",
        lambda metrics: create_engine(config, clock=now_ms, observer=metrics, tracer=tracer),
        health_port=health_port,
    )


def config_of(settings: Settings, *, worker: int) -> StreamsConfig:
    """Return what the streams need to know, from settings and the models that they choose."""
    mail = models.mail_agents(settings)
    return StreamsConfig(
        connection=resolve_kafka(settings),
        partitions=settings.partitions,
        model=models.texts_of(settings, ""),
        models={name: models.texts_of(settings, name) for name in settings.sites},
        sites={name: _site_rules(site, mail) for name, site in settings.sites.items()},
        others=_site_rules(settings.site(""), mail),
        session_update_ms=int(settings.session_update_s * 1000),
        instance=f"{socket.gethostname()}-{worker}",
    )


def _site_rules(site: SiteSettings, mail: MailAgents) -> SiteRules:
    return SiteRules(
        gap_ms=site.session_gap_s * 1000,
        label_automation=site.automation == "label",
        allow=site.traffic_allow,
        deny=site.traffic_deny,
        mail=mail,
        link_by_mail=site.email_links_visitors,
    )
