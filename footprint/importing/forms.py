"""Which format a file has, and the reader of its lines."""

from collections.abc import Callable, Iterable, Iterator

from footprint.importing import logs, ndjson
from footprint.importing.accesslog import read_line
from footprint.importing.ids import EqualLines
from footprint.importing.outcomes import Form, Outcome, Skip, Skipped
from schemas.codec import loads


def form_of(line: bytes) -> Form:
    """Guess the format from a file's first line; a line that fits none counts as the combined format."""
    if line.lstrip().startswith(b"{"):
        try:
            return Form.SEGMENT_NDJSON if "type" in loads(line) else Form.NDJSON
        except ValueError:
            return Form.NDJSON
    fits = isinstance(read_line(line, combined=False), str) or not isinstance(read_line(line, combined=True), str)
    return Form.COMBINED if fits else Form.COMMON


def outcomes_of(lines: Iterable[bytes], *, site: str, form: Form | None, host: str = "") -> Iterator[Outcome]:
    """Read the lines of one file. `form` None: told by the first line that is not blank."""
    seen = EqualLines()
    read: Callable[[bytes], Outcome] | None = None
    for line in lines:
        if not line.strip():
            yield Skipped(Skip.BLANK)
            continue
        read = read or _reader(form or form_of(line), site, seen=seen, host=host)
        yield read(line)


def _reader(form: Form, site: str, *, seen: EqualLines, host: str) -> Callable[[bytes], Outcome]:
    if form in (Form.COMBINED, Form.COMMON):
        combined = form is Form.COMBINED
        return lambda line: logs.outcome_of(line, earlier=seen.earlier(line), site=site, combined=combined, host=host)
    own = form is Form.NDJSON
    return lambda line: ndjson.outcome_of(line, earlier=seen.earlier(line), site=site, own=own)
