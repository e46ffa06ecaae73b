"""Decides what one access log line is: a page view, a download, something to skip, or unreadable (docs/semantics.md, section 11)."""

import ipaddress
from typing import Any

from footprint.importing.accesslog import LogLine, read_line, text_of
from footprint.importing.ids import event_id_of, visitor_id_of
from footprint.importing.outcomes import Broken, Outcome, Ready, Skip, Skipped
from schemas.kinds import Kind
from schemas.rejections import ORIGINAL_MAX, Reason

ASSETS = frozenset(
    b"css js mjs map png jpg jpeg gif svg ico webp avif woff woff2 ttf otf eot mp3 mp4 webm ogg txt xml json rss atom csv".split()
)
DOWNLOADS = frozenset(b"pdf zip gz tgz tar bz2 xz 7z rar exe dmg pkg deb rpm iso doc docx xls xlsx ppt pptx epub".split())
LIBRARY = {"name": "footprint-import"}


def outcome_of(line: bytes, *, earlier: int, site: str, combined: bool, host: str = "") -> Outcome:
    """Return what the line is. `earlier` is how often the same bytes stood earlier in its file.

    `host` (`example.com` or `https://example.com`) makes the logged paths full addresses.
    """
    read = read_line(line, combined=combined)
    if isinstance(read, str):
        return broken(line, Reason.UNREADABLE, read, event_id=event_id_of(site, line, earlier))
    why = skip_of(read)
    if why:
        return Skipped(why)
    visitor = visitor_id_of(site, read.address, read.user_agent)
    event_id = event_id_of(site, line, earlier)
    kind = Kind.CLICK if extension_of(path_of(read.target)) in DOWNLOADS else Kind.PAGE_VIEW
    return Ready(event_id, visitor, _message(read, kind, event_id=event_id, visitor=visitor, host=host))


def broken(line: bytes, reason: Reason, message: str, *, event_id: str) -> Broken:
    """Return the line as one that cannot be read."""
    return Broken(event_id, reason, message, line[: ORIGINAL_MAX * 4].decode("utf-8", "replace")[:ORIGINAL_MAX])


def skip_of(line: LogLine) -> Skip | None:
    """Return why the request is neither a page view nor a download, None when it is one."""
    if line.method != b"GET":
        return Skip.METHOD
    if not (200 <= line.status <= 299 or line.status == 304):
        return Skip.STATUS
    return Skip.ASSET if extension_of(path_of(line.target)) in ASSETS else None


def path_of(target: bytes) -> bytes:
    """Return the path of a request target, without scheme and host, query and fragment."""
    path = target.split(b"#", 1)[0].split(b"?", 1)[0]
    if not path.startswith(b"/") and b"://" in path:
        _, _, rest = path.partition(b"://")
        return b"/" + rest.partition(b"/")[2]
    return path


def extension_of(path: bytes) -> bytes:
    """Return what stands after the last dot of the last path segment, in lower case; empty without a dot."""
    return path.rpartition(b"/")[2].rpartition(b".")[2].lower() if b"." in path.rpartition(b"/")[2] else b""


def _message(line: LogLine, kind: Kind, *, event_id: str, visitor: str, host: str) -> dict[str, Any]:
    page = {"url": url_of(line.target, host), "referrer": text_of(line.referrer)}
    context = {"page": page, "library": LIBRARY, "userAgent": text_of(line.user_agent), "ip": _address(line.address)}
    message: dict[str, Any] = {
        "messageId": event_id,
        "anonymousId": visitor,
        "timestamp": line.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "context": context,
        "properties": {"status": line.status, "bytes": line.size},
    }
    kinds = {"type": "track", "event": "download", "kind": "click"} if kind is Kind.CLICK else {"type": "page"}
    return kinds | message


def url_of(target: bytes, host: str = "") -> str:
    """Return the address that was asked for: with `host` where one is given, else path and query alone."""
    text = text_of(target)
    if not text.startswith("/"):
        return text
    if host:
        return (host if "://" in host else f"https://{host}").rstrip("/") + text
    return "/" + text.lstrip("/")  # two slashes at the start would be read as a host


def _address(field: bytes) -> str:
    """The address when it is one: servers may log host names instead."""
    try:
        return str(ipaddress.ip_address(field.decode("ascii")))
    except ValueError:
        return ""
