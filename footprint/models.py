"""Scoring models and triggers as files: which a site runs, and what is in a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml

from footprint.settings import Settings
from schemas.errors import Misconfigured
from streams.core.mail_agents import MailAgents, read_agents
from streams.core.rulebook import ModelTexts
from streams.core.scoring_model import read_model
from streams.core.subject import read_rules
from streams.core.triggers import read_triggers

Kind = Literal["scores", "triggers"]

SHIPPED: Mapping[str, Mapping[Kind, str]] = {
    "shop": {"scores": "scores.yaml", "triggers": "triggers.yaml"},
    "b2b": {"scores": "b2b_scores.yaml", "triggers": "b2b_triggers.yaml"},
}
"""The models that come with footprint, by the name that settings give them."""

DEFAULT = "shop"

MAIL_AGENTS = "mail_agents.yaml"
"""The networks and user agents that come with footprint."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The text of one file that was read and is right; `name` is the file's, for messages."""

    kind: Kind
    name: str
    text: str
    version: str


def load(path: Path) -> ModelFile:
    """Read a file and tell what it is by its keys. Raises Misconfigured with every mistake in it."""
    return read(_text_of(path), str(path))


def read(text: str, name: str) -> ModelFile:
    """Read the text of a file called `name`. Raises Misconfigured with every mistake in it."""
    kind = _kind_of(text)
    if kind == "triggers":
        read_triggers(text, name)
    else:
        read_model(text, name)
    return ModelFile(kind, name, text, str(yaml.safe_load(text)["version"]))


def check_together(files: Sequence[ModelFile]) -> None:
    """Check that the triggers among these files fit the scoring models among them. Raises Misconfigured."""
    for scores in (one for one in files if one.kind == "scores"):
        for triggers in (one for one in files if one.kind == "triggers"):
            read_rules(scores=scores.text, triggers=triggers.text, partitions=1)


def chosen(settings: Settings, site: str) -> dict[Kind, ModelFile]:
    """Return what the settings choose for a site: a shipped model by name, or files of its own."""
    told = settings.site(site)
    return {"scores": _chosen("scores", told.scores), "triggers": _chosen("triggers", told.triggers)}


def shipped_text(name: str, kind: Kind) -> str:
    """Return the text of a shipped model."""
    return (resources.files("streams") / "models" / SHIPPED[name][kind]).read_text("utf-8")


def mail_agents(settings: Settings) -> MailAgents:
    """Return who fetches e-mails for somebody, by the file that the settings choose. Raises Misconfigured with every mistake in it."""
    if settings.email_agents:
        return read_agents(_text_of(settings.email_agents), str(settings.email_agents))
    return read_agents((resources.files("streams") / "models" / MAIL_AGENTS).read_text("utf-8"), MAIL_AGENTS)


def texts_of(settings: Settings, site: str) -> ModelTexts:
    """Return the texts that the settings choose for a site. Raises Misconfigured for what is wrong in them, or does not fit."""
    found = chosen(settings, site)
    check_together(list(found.values()))
    return ModelTexts(found["scores"].text, found["triggers"].text)


def _chosen(kind: Kind, told: str) -> ModelFile:
    if told in SHIPPED:
        return read(shipped_text(told, kind), SHIPPED[told][kind])
    found = load(Path(told))
    if found.kind != kind:
        raise Misconfigured(f"{told} holds {found.kind}, and a site names it as its {kind}. Name a file of {kind}.")
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        known = ", ".join(SHIPPED)
        raise Misconfigured(f"{path} cannot be read: {reason}. Name a file, or a shipped model ({known}) in the settings.") from None


def _kind_of(text: str) -> Kind:
    """A file with `triggers` holds triggers; whatever else it is, it is read as a scoring model, which says what is missing."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return "scores"
    return "triggers" if isinstance(found, dict) and "triggers" in found and "scores" not in found else "scores"
