"""What the collector must know of each site, made from settings once: keys derived, plans compiled."""

from collections.abc import Iterable

from collector.core.hooks.sendgrid import public_key
from collector.core.links import LinkReader
from collector.core.plans import Plan
from collector.core.proofs import Proof
from collector.core.signing import derive
from collector.core.sites import SiteRules
from collector.core.told_profiles import FIELDS
from collector.hooks import several
from collector.live import LivePaths
from footprint import plans
from footprint.keys import keys_file
from footprint.parts.connections import retired_keys, secret_keys, signing_key_file
from footprint.settings import Settings
from footprint.site_settings import SiteSettings
from footprint.suppressing import suppression_key_file, suppressions_file
from schemas.errors import Misconfigured

SHORTEST_KEY = 32
"""Characters of a key that signs customer tokens."""


def rules_for(settings: Settings, sites: Iterable[str]) -> dict[str, SiteRules]:
    """Return the rules of each site; raises Misconfigured when its settings contradict each other or its plan is none."""
    return {site: _rules(settings, site, settings.site(site)) for site in sorted(sites)}


def live_paths(settings: Settings) -> LivePaths:
    """Return where the files are that running collectors follow."""
    return LivePaths(keys_file(settings), suppressions_file(settings), suppression_key_file(settings), plans.folder(settings))


def link_reader(settings: Settings) -> LinkReader:
    """Return what reads the addresses of e-mails: none is readable where no secret keys are, so that none are made up here."""
    known = bool(settings.secret_keys) or signing_key_file(settings.data_dir).is_file()
    return LinkReader(secret_keys(settings) if known else (), retired_keys(settings))


def _rules(settings: Settings, site: str, told: SiteSettings) -> SiteRules:
    _require_sense(site, told)
    tells = _fields_told(site, settings.me_fields_of(told))
    secrets = secret_keys(settings) if told.anonymous or told.hash_ids or told.cookie or tells else ()
    return SiteRules(
        site,
        frozenset(origin.rstrip("/") for origin in told.allowed_origins),
        ip="drop" if told.anonymous else told.ip,
        dnt=told.dnt,
        anonymous_key=derive(secrets[-1], "anonymous", site) if told.anonymous else b"",
        hash_key=derive(secrets[-1], "ids", site) if told.hash_ids else b"",
        cookie_keys=tuple(derive(secret, "cookie", site) for secret in secrets) if told.cookie else (),
        rate_per_key=told.rate_per_key / settings.collector_workers if told.rate_per_key else None,
        plan=_plan(told),
        topics=told.email_topics,
        hooks=_hooks(site, told),
        me_fields=tells,
        proof=_proof(site, told, secrets) if tells else Proof(""),
    )


def _proof(site: str, told: SiteSettings, secrets: Iterable[str]) -> Proof:
    visitor = tuple(derive(secret, "proof", site) for secret in secrets)
    return Proof(site, visitor, tuple(key.encode() for key in told.customer_token_keys))


def _fields_told(site: str, named: Iterable[str]) -> frozenset[str]:
    unknown = set(named) - set(FIELDS)
    if unknown:
        raise Misconfigured(f"me_fields of site {site!r} has {', '.join(sorted(unknown))}. It may have: {', '.join(FIELDS)}.")
    return frozenset(named)


def _require_sense(site: str, told: SiteSettings) -> None:
    if told.cookie and told.mode != "server":
        raise Misconfigured(f'Site {site!r} sets cookie without mode = "server". Set both, or neither.')
    if any(len(key) < SHORTEST_KEY for key in told.customer_token_keys):
        raise Misconfigured(f"A customer_token_keys of site {site!r} is too short. Make one with `openssl rand -base64 32`.")
    if told.anonymous and told.me_fields:
        raise Misconfigured(f"Site {site!r} is anonymous: it knows no visitor to tell anything. Remove anonymous, or me_fields.")
    if told.anonymous and (told.cookie or told.hash_ids):
        raise Misconfigured(f"Site {site!r} is anonymous and keeps ids at the same time. Remove anonymous, or cookie and hash_ids.")


def _hooks(site: str, told: SiteSettings) -> dict[str, str]:
    """Return the hooks of a site; raises Misconfigured when SendGrid's key is none."""
    key = told.email_hooks.get("sendgrid")
    try:
        for one in several(key or ""):
            public_key(one)
    except ValueError:
        raise Misconfigured(
            f"email_hooks.sendgrid of site {site!r} is no verification key. Copy it from SendGrid's Signed Event Webhook."
        ) from None
    return {str(name): secret for name, secret in told.email_hooks.items()}


def _plan(told: SiteSettings) -> Plan | None:
    return plans.load(told.plan) if told.plan is not None else None
