"""Which rules a site has: what was published for it, else what the settings choose.

What is published comes as a line of the stream (`streams.core.publishing`) and stands in the state of each partition: every event
behind the line goes by it, also after a crash. Under a key of the site `{"published": {"scores", "triggers", "at", "half_lives"}}`; in the
partition's meta, by site, the digest of the two texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from schemas.errors import Misconfigured
from streams.core.subject import SubjectRules, read_rules, state_key
from streams.core.work import Value, Work

META = "models"
HalfLives = Mapping[str, int]
"""Milliseconds by score."""


@dataclass(frozen=True, slots=True)
class ModelTexts:
    """The YAML of a scoring model and of the triggers beside it."""

    scores: str
    triggers: str

    @property
    def digest(self) -> str:
        """A short name of exactly these texts."""
        return sha256(f"{self.scores}\0{self.triggers}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of every site: `sites` by name, and `default` for all others, until something is published.

    It remembers what it has compiled, by digest.
    """

    default: SubjectRules
    sites: Mapping[str, SubjectRules] = field(default_factory=dict)
    compiled: dict[str, SubjectRules] = field(default_factory=dict)

    @property
    def partitions(self) -> int:
        """Partitions of `tracked`."""
        return self.default.partitions

    def at(self, site: str, work: Work) -> SubjectRules:
        """Return the rules of a site at this place of the stream."""
        published = work.meta.get(META)
        digest = published.get(site) if published else None
        if digest is None:
            return self.sites.get(site, self.default)
        return self.compiled.get(digest) or self._compile(site, digest, work)

    def _compile(self, site: str, digest: str, work: Work) -> SubjectRules:
        """A model that an older program took and this one cannot read gives way to that of the settings."""
        entry = entry_of(site, work)
        try:
            found = read_rules(scores=entry["scores"], triggers=entry["triggers"], partitions=self.partitions)
        except (Misconfigured, KeyError):
            work.out.counts["models_unreadable"] += 1
            found = self.sites.get(site, self.default)
        self.compiled[digest] = found
        return found


def entry_of(site: str, work: Work) -> Value:
    """Return what is kept of a site's published models, nothing before the first."""
    value = work.state.get(_key(site))
    return value["published"] if value else {}


def keep(site: str, entry: Value, work: Work) -> None:
    """Keep what is published for a site. No subject is called so."""
    work.state.put(_key(site), {"published": entry})


def _key(site: str) -> str:
    return state_key(site, "m:model")


def half_lives_of(site: str, version: str, work: Work) -> HalfLives:
    """Return the half-lives of a model that ran before on a site, as far as it is known."""
    found: HalfLives = entry_of(site, work).get("half_lives", {}).get(version, {})
    return found


def read_book(default: ModelTexts, sites: Mapping[str, ModelTexts], *, partitions: int) -> Rulebook:
    """Read what the settings choose. Raises Misconfigured for anything that is wrong in it."""
    compiled = {
        texts: read_rules(scores=texts.scores, triggers=texts.triggers, partitions=partitions) for texts in {default, *sites.values()}
    }
    return Rulebook(compiled[default], {site: compiled[texts] for site, texts in sites.items()})
