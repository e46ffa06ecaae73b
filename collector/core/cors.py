"""Cross-origin headers. Errors carry them too: without them a browser takes every answer for a network error."""

ALLOWED_HEADERS = b"Authorization, Content-Type, Content-Encoding, X-Retry-Count, AnonymousId, SentAt, X-Write-Key, X-Customer-Token, SP-Anonymous"  # a "*" excludes Authorization

Headers = list[tuple[bytes, bytes]]


def cors(origin: bytes | None, *, preflight: bool = False) -> Headers:
    """Return the headers that let a page of `origin` read the answer; none for a request that is no browser page's."""
    if not origin:
        return []
    headers = [
        (b"access-control-allow-origin", origin),
        (b"vary", b"Origin"),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Retry-After"),
    ]
    if preflight:
        headers += [
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", b"7200"),
        ]
    return headers
