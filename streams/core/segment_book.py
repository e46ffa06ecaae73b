"""Which segments a site has at this place of the stream.

They come as a line among the facts, one in each partition, and stand in the state under a key of the site
`{"text", "version", "at", "earlier"}`; the partition's meta has, by site, the digest of the text, and how often anything was published.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from schemas.codec import dumps
from schemas.errors import Misconfigured
from schemas.rejections import Reason, Rejection, record_of
from schemas.topics import REJECTED, SEGMENT_DEFINITIONS
from streams.core.segments import Segments, read_segments
from streams.core.subject import state_key
from streams.core.work import Value, Work

META = "segments"
GENERATION = "generation"
NOTHING = Segments("", {})


@dataclass(frozen=True, slots=True)
class SegmentBook:
    """The segments of every site, as published. It remembers what it has compiled, by digest."""

    partitions: int
    compiled: dict[str, Segments] = field(default_factory=dict)

    def at(self, site: str, work: Work) -> Segments:
        """Return the segments of a site at this place of the stream; none before the first were published."""
        digest = work.meta.get(META, {}).get(site)
        if digest is None:
            return NOTHING
        return self.compiled.get(digest) or self._compile(site, digest, work)

    def _compile(self, site: str, digest: str, work: Work) -> Segments:
        """Segments that an older program took and this one cannot read hold nobody."""
        try:
            found = read_segments(entry_of(site, work)["text"])
        except (Misconfigured, KeyError):
            work.out.counts["segments_unreadable"] += 1
            found = NOTHING
        self.compiled[digest] = found
        return found

    def take(self, line: dict[str, Any], work: Work) -> bool:
        """Take published segments in; False when they are none, or a version that the site has had comes back."""
        try:
            found = read_segments(line["text"])
            known = entry_of(line["site"], work)
            if known and known["text"] == line["text"]:
                return False
            require_new(found.version, known)
        except Misconfigured as error:
            _refuse(line, str(error), work)
            return False
        self._keep(line, found, known, work)
        return True

    def _keep(self, line: dict[str, Any], found: Segments, known: Value, work: Work) -> None:
        site, digest = line["site"], sha256(line["text"].encode("utf-8", "surrogatepass")).hexdigest()[:16]
        earlier = [*known.get("earlier", []), known["version"]] if known else []
        entry = {"text": line["text"], "version": found.version, "at": line["at"], "earlier": earlier}
        work.state.put(_key(site), {"published": entry})
        work.meta[META] = work.meta.get(META, {}) | {site: digest}
        work.meta[GENERATION] = work.meta.get(GENERATION, 0) + 1
        self.compiled[digest] = found
        if line["partition"] == 0:
            record = {"site": site, "version": found.version, "text": line["text"], "published_at": line["at"], "earlier": earlier}
            work.out.write(SEGMENT_DEFINITIONS, site, record)
        work.out.counts["segments_published"] += 1


def segments_line(site: str, text: str, *, partition: int, at: int) -> bytes:
    """Return the line that publishes segments in one partition of the facts; `at` is Unix milliseconds."""
    return dumps({"control": "segments", "site": site, "partition": partition, "at": at, "text": text})


def entry_of(site: str, work: Work) -> Value:
    """Return what is kept of a site's published segments, nothing before the first."""
    value = work.state.get(_key(site))
    return value["published"] if value else {}


def require_new(version: str, known: Value) -> None:
    """Raise Misconfigured for a version that ran already: its members would have entered by other conditions."""
    ran: list[str] = [known["version"], *known.get("earlier", [])] if known else []
    if version in ran:
        raise Misconfigured(f"Version {version} of the segments was published before, with other content. Give it a new version.")


def _refuse(line: dict[str, Any], why: str, work: Work) -> None:
    rejection = Rejection(Reason.INVALID_MODEL, why, original=line["text"])
    work.out.counts[f"rejected_{rejection.reason}"] += 1
    work.out.write(REJECTED, line["site"], record_of(rejection, site=line["site"], stage="streams", received_at=line["at"]))


def _key(site: str) -> str:
    return state_key(site, "m:segments")
