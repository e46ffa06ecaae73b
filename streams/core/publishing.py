"""A model is published by a line that goes the way of the events: what is behind it in a partition goes by the new model.

One line for each partition of the events topic; the visitors agent passes it on to the same partition of tracked. The subjects of
partition 0 write the record of the models topic.
"""

from typing import Any

from schemas.codec import dumps, loads
from schemas.errors import Misconfigured
from schemas.models import PublishedModel
from schemas.rejections import Reason, Rejection, record_of
from schemas.topics import MODELS, REJECTED, TRACKED
from streams.core.rulebook import META, ModelTexts, Rulebook, entry_of, keep
from streams.core.subject import SubjectRules, read_rules
from streams.core.work import Outputs, Work

MARK = b'{"control":"model",'
"""A line that begins so is no event. The collector writes no such field."""

Line = dict[str, Any]
_TYPES = {"site": str, "partition": int, "at": int, "scores": str, "triggers": str}


def model_line(site: str, texts: ModelTexts, *, partition: int, at: int) -> bytes:
    """Return the line that publishes a model in one partition; `at` is Unix milliseconds."""
    return dumps({"control": "model", "site": site, "partition": partition, "at": at, "scores": texts.scores, "triggers": texts.triggers})


def pass_on(encoded: bytes, out: Outputs, *, partitions: int) -> None:
    """Send a line of the events topic on to its partition of tracked."""
    line = _read(encoded)
    if line is not None and 0 <= line["partition"] < partitions:
        out.write_line(TRACKED, line["partition"], line)


def receive(encoded: bytes, work: Work, book: Rulebook) -> None:
    """Take a model in, unless it is none, or a version that a site has had comes back with other content."""
    line = _read(encoded)
    if line is None:
        return
    texts, running = ModelTexts(line["scores"], line["triggers"]), book.at(line["site"], work)
    try:
        found = read_rules(scores=texts.scores, triggers=texts.triggers, partitions=book.partitions)
        _require_new_version(found, running, entry_of(line["site"], work).get("half_lives", {}))
    except Misconfigured as error:
        _refuse(line, str(error), work.out)
        return
    _adopt(line, texts, running, work)
    if line["partition"] == 0:
        _tell(line, found, work)
    book.compiled[texts.digest] = found
    work.out.counts["models_published"] += 1


def _read(encoded: bytes) -> Line | None:
    try:
        line = loads(encoded)
    except ValueError:
        return None
    return line if all(type(line.get(name)) is wanted for name, wanted in _TYPES.items()) else None


def _require_new_version(found: SubjectRules, running: SubjectRules, earlier: dict[str, Any]) -> None:
    version = found.model.version
    if version == running.model.version:
        if found.model != running.model:
            raise Misconfigured(f"Version {version} of the scoring model runs already, with other content. Give it a new version.")
    elif version in earlier:
        raise Misconfigured(f"Version {version} of the scoring model ran before. Give it a new version.")


def _adopt(line: Line, texts: ModelTexts, running: SubjectRules, work: Work) -> None:
    site = line["site"]
    earlier = dict(entry_of(site, work).get("half_lives", {}))
    earlier[running.model.version] = {score: model.half_life_ms for score, model in running.model.scores.items()}
    entry = {"scores": texts.scores, "triggers": texts.triggers, "at": line["at"], "half_lives": earlier}
    keep(site, entry, work)
    work.meta[META] = work.meta.get(META, {}) | {site: texts.digest}


def _tell(line: Line, found: SubjectRules, work: Work) -> None:
    """Write the record of the models topic."""
    site, version = line["site"], found.model.version
    record = PublishedModel(
        site=site,
        version=version,
        triggers_version=found.triggers_version,
        scores=line["scores"],
        triggers=line["triggers"],
        published_at=line["at"],
        earlier=sorted(entry_of(site, work)["half_lives"].keys() - {version}),
    )
    work.out.write(MODELS, site, record.model_dump())


def _refuse(line: Line, why: str, out: Outputs) -> None:
    rejection = Rejection(Reason.INVALID_MODEL, why, original=f"{line['scores']}\n---\n{line['triggers']}")
    out.counts[f"rejected_{rejection.reason}"] += 1
    out.write(REJECTED, line["site"], record_of(rejection, site=line["site"], stage="streams", received_at=line["at"]))
