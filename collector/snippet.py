"""The browser snippet as files of the collector's own origin: both builds by name, and each by a path that names its content."""

from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

NAMES = ("fp.js", "fp.full.js")
CACHE = "public, max-age=3600, stale-while-revalidate=86400"
FOREVER = "public, max-age=31536000, immutable"
HASH_DIGITS = 16


def serve_snippet(request: Request, path: Path | None) -> Response:
    """Return the build that the path names, 304 when the browser has it, 404 when there is none. `path` is that of `fp.js`.

    `/fp.HASH.js` answers only for exactly these bytes, so it may be kept for ever and pinned by Subresource Integrity.
    """
    asked = request.url.path.strip("/")
    builds = {} if path is None else {name: script for name in NAMES if (script := _read(path.with_name(name)))}
    if not builds:
        return PlainTextResponse("The snippet is not built. Run `npm run build` in js-snippet/.\n", 404)
    by_hash = {f"fp.{sha256(script).hexdigest()[:HASH_DIGITS]}.js": script for script in builds.values()}
    script = builds.get(asked) or by_hash.get(asked)
    if script is None:
        return PlainTextResponse(f"No such build. Here are {', '.join([*builds, *by_hash])}: name one of them.\n", 404)
    tag = f'"{sha256(script).hexdigest()[:HASH_DIGITS]}"'
    cache = FOREVER if asked in by_hash else CACHE
    headers = {"etag": tag, "cache-control": cache, "vary": "Origin", "x-content-type-options": "nosniff"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(script, media_type="text/javascript", headers=headers)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
