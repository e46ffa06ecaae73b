"""The browser snippet as a file of the collector's own origin."""

from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

CACHE = "public, max-age=3600, stale-while-revalidate=86400"


def serve_snippet(request: Request, path: Path | None) -> Response:
    """Return the built snippet, 304 when the browser has it, 404 when it was never built."""
    try:
        script = path.read_bytes() if path is not None else None
    except FileNotFoundError:
        script = None
    if script is None:
        return PlainTextResponse("The snippet is not built. Run `npm run build` in js-snippet/.\n", 404)
    tag = f'"{blake2b(script, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": CACHE, "vary": "Origin", "x-content-type-options": "nosniff"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(script, media_type="text/javascript", headers=headers)
