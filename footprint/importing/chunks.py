"""Groups the outcomes of lines into chunks that are looked up, sent and confirmed together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from footprint.importing.outcomes import Broken, Outcome, Ready, Skipped
from footprint.importing.tally import Tally

CHUNK_LINES = 2000


@dataclass(slots=True)
class Chunk:
    """Events and unreadable lines with ids that no earlier chunk had. `lines` is how many lines it covers."""

    lines: int = 0
    ready: list[Ready] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def chunks_of(outcomes: Iterable[Outcome], tally: Tally, *, lines: int = CHUNK_LINES) -> Iterator[Chunk]:
    """Yield chunks of at most `lines` lines; count what was read, skipped and repeated."""
    taken: set[str] = set()
    chunk = Chunk()
    for outcome in outcomes:
        tally.read += 1
        chunk.lines += 1
        _put(outcome, chunk, taken, tally=tally)
        if chunk.lines == lines:
            yield chunk
            chunk = Chunk()
    if chunk.lines:
        yield chunk


def _put(outcome: Outcome, chunk: Chunk, taken: set[str], *, tally: Tally) -> None:
    if isinstance(outcome, Skipped):
        tally.skipped[outcome.why.value] += 1
    elif outcome.event_id in taken:
        tally.repeated += 1
    else:
        taken.add(outcome.event_id)
        if isinstance(outcome, Ready):
            chunk.ready.append(outcome)
        else:
            chunk.broken.append(outcome)
