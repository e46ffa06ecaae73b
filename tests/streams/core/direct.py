"""The same numbers, computed directly from the sorted log: written from docs/semantics.md, sharing no code with the cores."""

import math
import uuid
from collections import Counter, defaultdict

OPENERS = {
    *("page_view", "click", "form_start", "form_submit", "form_abandon", "chat_start", "chat_message", "chat_end"),
    *("purchase", "refund", "custom"),
}
DAY = 86_400_000
NAMESPACE = uuid.UUID("9a6b1f0e-3c52-5d0b-8a57-6f6f74707274")


def order(event):
    return (int(event["created_at"]), event.get("pageview_id", ""), event.get("seq", 0), event["event_id"])


def unique(log):
    return sorted({event["event_id"]: event for event in log}.values(), key=order)


def session_lists(log, gap, max_age=DAY, max_events=10_000):
    """Lists of the events of each session."""
    by_visitor = defaultdict(list)
    for event in unique(log):
        if event.get("visitor_id"):
            by_visitor[event["visitor_id"]].append(event)
    found = []
    for events in by_visitor.values():
        session = []
        for event in events:
            opening = event["kind"] in OPENERS
            if not opening and not (event["kind"] == "engagement" and event.get("engaged_ms", 0) > 0):
                continue
            at = order(event)[0]
            goes_on = session and at - order(session[-1])[0] <= gap and at - order(session[0])[0] <= max_age and len(session) < max_events
            if goes_on:
                session.append(event)
            elif opening:
                session = [event]
                found.append(session)
    return found


def session_id(session):
    first = session[0]
    return str(uuid.uuid5(NAMESPACE, f"{first['site']}\0{first['visitor_id']}\0{first['event_id']}"))


def engaged(session):
    total = 0
    for pageview in {event.get("pageview_id", "") for event in session}:
        events = [event for event in session if event.get("pageview_id", "") == pageview]
        deltas = {}
        for event in sorted(events, key=lambda event: event["event_id"]):
            if event["kind"] == "engagement":
                deltas.setdefault((pageview, event.get("seq", 0)) if pageview else event["event_id"], event)
        if deltas:
            begin = min(order(event)[0] - event["engaged_ms"] for event in deltas.values())
            # without a page view there is none whose other events could reach further
            end = max(order(event)[0] for event in (events if pageview else deltas.values()))
            total += min(sum(event["engaged_ms"] for event in deltas.values()), end - begin + 5_000, 4 * 3_600_000)
    return total


PER_SECOND, PER_HOUR, UNENGAGED = 3, 6, 4
"""What a person's session does not do, in these tests: less than the product's, so that short logs reach it."""


def label(session):
    """The label of a session, and why its shape is suspect."""
    views = [event for event in session if event["kind"] == "page_view"]
    per_second = Counter(order(event)[0] // 1000 for event in session)
    per_hour = Counter(order(event)[0] // 3_600_000 for event in views)
    by_snippet = sum(event.get("library") == "fp.js" for event in views)
    reasons = ["rate"] if max(per_second.values()) > PER_SECOND else []
    reasons += ["views"] if max(per_hour.values(), default=0) > PER_HOUR else []
    unengaged = not any(event["kind"] == "engagement" for event in session)
    reasons += ["no_engagement"] if by_snippet >= UNENGAGED and unengaged else []
    if any(event.get("webdriver") for event in session):
        return "bot", reasons
    return ("suspect" if reasons else "human"), reasons


def machine_events(log, gap, **caps):
    """Ids of the events that are in sessions of machines."""
    return {event["event_id"] for session in session_lists(log, gap, **caps) if label(session)[0] != "human" for event in session}


def sessions(log, gap, **caps):
    """Session id -> what must be true of it."""
    found = {}
    for session in session_lists(log, gap, **caps):
        kinds = [event["kind"] for event in session]
        times = [order(event)[0] for event in session]
        for_ms = engaged(session)
        is_engaged = for_ms >= 10_000 or kinds.count("page_view") >= 2 or "form_submit" in kinds or "purchase" in kinds
        paths = [path for event in session if (path := path_of(event))]
        money = {"purchase": 1, "refund": -1}
        found[session_id(session)] = {
            "started_at": times[0],
            "ended_at": times[-1],
            "events": len(session),
            "page_views": kinds.count("page_view"),
            "clicks": kinds.count("click"),
            "engaged_ms": for_ms,
            "span_ms": times[-1] - times[0],
            "engaged": is_engaged,
            "bounced": not is_engaged,
            "entry_path": paths[0] if paths else "",
            "exit_path": paths[-1] if paths else "",
            "traffic": label(session)[0],
            "traffic_reasons": label(session)[1],
            "value": round(sum(money.get(event["kind"], 0) * event.get("value", 0) for event in session), 4),
            "visitor_id": session[0]["visitor_id"],
        }
    return found


def membership(log, gap, **caps):
    found = {event["event_id"]: "" for event in unique(log)}
    for session in session_lists(log, gap, **caps):
        found |= dict.fromkeys((event["event_id"] for event in session), session_id(session))
    return found


def path_of(event):
    url = event.get("url")
    return url.removeprefix("https://shop.example") if url else ""


def by_subject(log):
    """Subject -> its human events in order; a visitor's events belong to the customer that it was linked to."""
    events = unique(log)
    links = {event["visitor_id"]: event["customer_id"] for event in events if event["kind"] == "identify" and event.get("visitor_id")}
    found = defaultdict(list)
    for event in events:
        customer = links.get(event.get("visitor_id")) or event.get("customer_id")
        if not event.get("webdriver"):
            found[f"c:{customer}" if customer else f"v:{event['visitor_id']}"].append(event)
    return found


def is_price(event):
    return event["kind"] == "page_view" and path_of(event).startswith(("/price", "/prices", "/pricing", "/plans"))


RULES = [
    # what matches, points, at most, in a window of, per
    (lambda e: e["kind"] == "page_view", 1, 1, DAY, path_of),
    (is_price, 8, 2, DAY, None),
    (lambda e: e["kind"] == "click" and e.get("name") == "download", 6, 1, 7 * DAY, path_of),
    (lambda e: e["kind"] == "click", 0.5, 10, DAY, None),
    (lambda e: e["kind"] == "form_submit", 20, 2, DAY, None),
    (lambda e: e["kind"] == "purchase", 40, 3, 7 * DAY, None),
    (lambda e: e["kind"] == "refund", -20, None, None, None),
    (lambda e: e["kind"] == "email_click", 5 / 2, 1, DAY, lambda e: e.get("message_id", "")),  # half: nobody can say whose it was
]
HALF_LIFE = 14 * DAY


def categories(event):
    """What an event says it is about: its own category, else those of its products; each once."""
    props = event.get("props", {})
    named = [props["category"]] if "category" in props else [product["category"] for product in props.get("products", [])]
    return sorted({name.strip().lower() for name in named})


INTERESTS = [
    # what matches, points, at most, in a window of, about
    (lambda e: e["kind"] == "page_view", 1, 3, DAY, categories),
    (lambda e: e["kind"] == "purchase", 10, None, None, categories),
    (lambda e: e["kind"] == "preference" and e["props"]["opt"] == "in", 20, 1, 30 * DAY, lambda e: [e["props"]["topic"]]),
    (lambda e: e["kind"] == "preference" and e["props"]["opt"] == "out", -20, 1, 30 * DAY, lambda e: [e["props"]["topic"]]),
]
INTEREST_HALF_LIFE = 30 * DAY


def interests(log, at, machines=frozenset()):
    """(subject, category) -> what was earned for it. Events of machines' sessions hold their places, and earn nothing."""
    found = defaultdict(list)
    for subject, events in by_subject(log).items():
        for matches, worth, most, window, about in INTERESTS:
            counted = Counter()
            for event in filter(matches, events):
                time = order(event)[0]
                for category in about(event):
                    slot = (time // window, category) if most else (event["event_id"], category)
                    counted[slot] += 1
                    if (not most or counted[slot] <= most) and event["event_id"] not in machines:
                        found[subject, category].append(worth * 2 ** ((time - at) / INTEREST_HALF_LIFE))
    return {key: total for key, points in found.items() if abs(total := math.fsum(points)) > 1e-9}


def scores(log, at, machines=frozenset()):
    """Events of machines' sessions hold their places in windows, and earn nothing."""
    found = {}
    for subject, events in by_subject(log).items():
        points = []
        for matches, worth, most, window, per in RULES:
            counted = defaultdict(int)
            for event in filter(matches, events):
                time = order(event)[0]
                slot = (time // window, per(event) if per else "") if most else event["event_id"]
                counted[slot] += 1
                if (not most or counted[slot] <= most) and event["event_id"] not in machines:
                    points.append(worth * 2 ** ((time - at) / HALF_LIFE))
        found[subject, "engagement"] = math.fsum(points)
        traits = {}
        for event in events:
            if event["kind"] == "identify":
                traits |= event.get("traits", {})
        employees = traits.get("employees", 0)
        found[subject, "fit"] = 20 * ("company" in traits) + 30 * (employees >= 50) + 20 * (employees >= 500)
    for (subject, _), worth in interests(log, at, machines).items():
        found[subject, "interests"] = found.get((subject, "interests"), 0) + worth
    found |= stages(log, machines)
    return {key: value for key, value in found.items() if abs(value) > 1e-9}


def stages(log, machines=frozenset()):
    """Subject -> how far it came, as a number."""
    found = {}
    for subject, events in by_subject(log).items():
        kinds = [event["kind"] for event in events if event["event_id"] not in machines]
        mine = [event for event in events if event["event_id"] not in machines]
        reached = [0] + [1] * any(kind in ("page_view", "email_click") for kind in kinds)
        reached += [2] * any(is_price(event) or event.get("name") == "download" for event in mine)
        reached += [3] * ("form_submit" in kinds) + [4] * ("purchase" in kinds) + [5] * (kinds.count("purchase") >= 3)
        found[subject, "lifecycle"] = max(reached)
    return {key: stage for key, stage in found.items() if stage}
