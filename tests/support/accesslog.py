"""The sample log of a web server, counted by code that shares nothing with the product."""

import gzip
import hashlib
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path

LOG = Path(__file__).parent.parent / "data" / "access-sample.log.gz"
FIELDS = re.compile(r'^(\S+) \S+ \S+ \[([^\]]+)\] "([^"]*)" (\d+) \S+ "[^"]*" "([^"]*)"$')
ASSETS = r"(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|[ot]tf|eot|mp[34]|webm|ogg|txt|xml|json|rss|atom|csv)"
DOWNLOADS = r"(pdf|zip|t?gz|tar|bz2|xz|7z|rar|exe|dmg|pkg|deb|rpm|iso|(doc|xls|ppt)x?|epub)"


def counted(site):
    """Count the log by hand: page views, downloads, visitors, sessions, and lines that are neither."""
    found = {"page_view": 0, "click": 0, "lines": 0, "skipped": 0, "unreadable": 0}
    times = defaultdict(list)
    for line in gzip.decompress(LOG.read_bytes()).decode("latin-1").removesuffix("\n").split("\n"):
        found["lines"] += 1
        match = FIELDS.match(line)
        request = match[3].split(" ") if match else []
        if len(request) not in (2, 3):
            found["unreadable"] += 1
            continue
        name = request[1].split("#")[0].split("?")[0].split("/")[-1]
        extension = name.split(".")[-1].lower() if "." in name else ""
        good = request[0] == "GET" and (match[4].startswith("2") or match[4] == "304") and not re.fullmatch(ASSETS, extension)
        if not good:
            found["skipped"] += 1
            continue
        found["click" if re.fullmatch(DOWNLOADS, extension) else "page_view"] += 1
        visitor = hashlib.sha256(f"{site}\n{match[1]}\n{match[5]}".encode("latin-1")).hexdigest()[:16]
        times[f"log-{visitor}"].append(datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").timestamp())
    return found, {visitor: sorted(moments) for visitor, moments in times.items()}


def sessions_of(moments, gap_s=1800, longest_s=86_400):
    sessions = []
    for moment in moments:
        if sessions and moment - sessions[-1][-1] <= gap_s and moment - sessions[-1][0] <= longest_s:
            sessions[-1].append(moment)
        else:
            sessions.append([moment])
    return [(session[0], session[-1], len(session)) for session in sessions]


def sessions_by_visitor(site):
    """Every session of the log: visitor, first and last moment, events."""
    _, times = counted(site)
    return sorted((visitor, *session) for visitor, moments in times.items() for session in sessions_of(moments))
