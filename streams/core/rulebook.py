"""Which rules a site has: those that the settings choose for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.core.subject import SubjectRules, read_rules
from streams.core.work import Work


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of every site: `sites` by name, and `default` for all others."""

    default: SubjectRules
    sites: Mapping[str, SubjectRules] = field(default_factory=dict)

    @property
    def partitions(self) -> int:
        """Partitions of `tracked`."""
        return self.default.partitions

    def at(self, site: str, work: Work) -> SubjectRules:
        """Return the rules of a site at this place of the stream."""
        del work
        return self.sites.get(site, self.default)


@dataclass(frozen=True, slots=True)
class ModelTexts:
    """The YAML of a scoring model and of the triggers beside it."""

    scores: str
    triggers: str


def read_book(default: ModelTexts, sites: Mapping[str, ModelTexts], *, partitions: int) -> Rulebook:
    """Read what the settings choose. Raises Misconfigured for anything that is wrong in it."""
    compiled = {
        texts: read_rules(scores=texts.scores, triggers=texts.triggers, partitions=partitions) for texts in {default, *sites.values()}
    }
    return Rulebook(compiled[default], {site: compiled[texts] for site, texts in sites.items()})
