"""E-mails of a small site: events about them, a model that asks for everything, and what must come of it."""

import hashlib
import math
from collections import defaultdict

from hypothesis import strategies as st

from streams.core import subjects
from streams.core.mail_labels import Hit, label_of, verdicts, weight_of
from tests.streams.core.direct import DAY, order
from tests.streams.core.logs import MINUTE, event
from tests.streams.core.rich import absent, counted, of_kind
from tests.streams.core.running import PARTITIONS

SECOND = 1_000
SCORES = """
version: mail-1
lifecycle: {rules: {visited: {to: awareness, when: {kind: [email_click]}}, asked: {to: intent, when: {kind: [email_open]}, count: 3}}}
scores:
  engagement:
    half_life: 14d
    bands: {"1": 60, "2": 30, "3": 0}
    rules:
      open: {when: {kind: [email_open]}, points: 2}
      click: {when: {kind: [email_click]}, points: 5, max: {count: 1, window: 1d, object: message_id}}
      any_click: {when: {kind: [click, email_click]}, points: 1, max: {count: 2, window: 1d}}
      delivered: {when: {kind: [email_delivered]}, points: 0.5}
interests:
  half_life: 30d
  rules: {mailed: {when: {kind: [email_click]}, category: [props.category], points: 3, max: {count: 1, window: 1d}}}
"""
TRIGGERS = """
version: mail-1
triggers:
  clicked: {when: {kind: [email_click]}, count: 1, within: 1m, min_gap: 1s, cooldown: 1m}
  links: {when: {kind: [email_click]}, count: 2, within: 10m, distinct_by: props.link, cooldown: 2m}
  ignored: {when: {kind: [email_delivered]}, unless: {kind: [email_click]}, within: 4m, cooldown: 1m}
"""
RULES = subjects.read_rules(scores=SCORES, triggers=TRIGGERS, partitions=PARTITIONS)
HALF_LIFE = 14 * DAY


def mail(event_id, at, kind="email_click", *, customer="c1", message="m1", props=None, **fields):
    """An event about an e-mail; a click is that of a link of ours."""
    found = {"link": 1} if kind == "email_click" and props is None else props or {}
    return event(event_id, at, kind, **{"visitor": None, "customer_id": customer, "message_id": message, "props": found} | fields)


def landing(click_id, at, *, visitor="v9", pageview=None, engaged_ms=5_000, **fields):
    """A visitor lands by a click, and reads."""
    pageview = pageview or f"p-{click_id}-{visitor}"
    url = f"https://shop.example/offer?fp_click={click_id}"
    view = event(f"view-{pageview}", at, url=url, visitor=visitor, pageview_id=pageview, **fields)
    read = event(
        f"read-{pageview}", at + engaged_ms, "engagement", visitor=visitor, pageview_id=pageview, seq=1, engaged_ms=engaged_ms, **fields
    )
    return [view, read]


@st.composite
def mail_logs(draw, most=14):
    """Hits, deliveries and landings of a few e-mails; some hits are of a visitor who may become a customer."""
    log = [mail("e", draw(st.integers(0, 4)) * MINUTE)]
    for number in range(draw(st.integers(1, most))):
        at = draw(st.one_of(st.integers(0, 40).map(lambda n: n * SECOND), st.integers(0, 40).map(lambda n: n * MINUTE // 4)))
        kind = draw(
            st.sampled_from(
                ["email_click"] * 5 + ["email_open"] * 3 + ["sweep", "email_delivered", "email_sent", "identify", "click", "landing"]
            )
        )
        whose = draw(st.sampled_from([{"customer": "c1"}, {"customer": "c1"}, {"customer": "c2"}, {"customer": None, "visitor": "v1"}]))
        message = draw(st.sampled_from(["m1", "m1", "m2"]))
        name = f"e{number:02}"
        if kind == "landing":
            clicks = [one["event_id"] for one in log if one["kind"] == "email_click"]
            if clicks:
                log += landing(draw(st.sampled_from(clicks)), at, visitor=f"v{number + 10}", engaged_ms=draw(st.sampled_from([500, 2_000])))
        elif kind == "sweep":
            log += [mail(f"{name}{link}", at + 400 * link, message=message, props={"link": link}, **whose) for link in (1, 2)]
        elif kind == "identify":
            log.append(event(name, at, kind, visitor="v1", customer_id="c1"))
        elif kind == "click":
            log.append(event(name, at, kind, visitor="v1"))
        else:
            hint = draw(st.sampled_from([None, None, None, None, "head", "provider"]))
            props = {"hint": hint} if hint and kind != "email_delivered" else {}
            if kind == "email_click":
                props |= {"link": draw(st.integers(0 if draw(st.integers(0, 5)) == 0 else 1, 3))}
                props |= draw(st.sampled_from([{}, {"category": "shoes"}]))
            log.append(mail(name, at, kind, message=message, props=props, **whose))
    return log


# what must come of it, from the sorted log


def subject_of(log):
    known = any(one["kind"] == "identify" for one in log)

    def found(one):
        customer = one.get("customer_id") or ("c1" if known and one.get("visitor_id") == "v1" else None)
        return f"c:{customer}" if customer else f"v:{one['visitor_id']}"

    return found


def reasons_of(log):
    """Event -> reasons of every hit."""
    whose, found = subject_of(log), {}
    mails = defaultdict(list)
    for one in log:
        if one["kind"].startswith("email_"):
            mails[whose(one), one["message_id"]].append(one)
    views = {one["pageview_id"]: one["url"].partition("fp_click=")[2] for one in log if "fp_click" in one.get("url", "")}
    engaged = {one["pageview_id"] for one in log if one["kind"] == "engagement" and one["engaged_ms"] >= 1_000}
    read = {views[pageview] for pageview in engaged}
    for events in mails.values():
        hits = [
            Hit(
                order(one)[0],
                one["event_id"],
                "click" if one["kind"] == "email_click" else "open",
                str(one["props"].get("link", "")),
                tuple(filter(None, [one["props"].get("hint")])),
            )
            for one in events
            if one["kind"] in ("email_open", "email_click")
        ]
        times = sorted({order(one)[0] for one in events if one["kind"] in ("email_sent", "email_delivered")})[-16:]
        found |= verdicts(hits, times, read)
    return found


def labels(log):
    return {event_id: (label_of(reasons), list(reasons)) for event_id, reasons in reasons_of(log).items()}


def by_subject(log):
    """Subject -> `[event, weight]` of everything that counts, in order."""
    whose, reasons, found = subject_of(log), reasons_of(log), defaultdict(list)
    for one in sorted(log, key=order):
        weight = weight_of(reasons[one["event_id"]]) if one["event_id"] in reasons else 1.0
        if weight:
            found[whose(one)].append((one, weight))
    return found


RULES_WRITTEN = [
    # kinds, points, at most a day, per
    ({"email_open"}, 2, None, None),
    ({"email_click"}, 5, 1, "message_id"),
    ({"click", "email_click"}, 1, 2, None),
    ({"email_delivered"}, 0.5, None, None),
]


def scores(log, at):
    found = {}
    for subject, events in by_subject(log).items():
        points = []
        for kinds, worth, most, per in RULES_WRITTEN:
            slots = defaultdict(int)
            for one, weight in events:
                if one["kind"] in kinds:
                    slot = (order(one)[0] // DAY, one.get(per, "") if per else "") if most else one["event_id"]
                    slots[slot] += 1
                    if not most or slots[slot] <= most:
                        points.append(worth * weight * 2 ** ((order(one)[0] - at) / HALF_LIFE))
        found[subject, "engagement"] = math.fsum(points)
        shoes = [(one, weight) for one, weight in events if one["kind"] == "email_click" and "category" in one["props"]][:1]
        found[subject, "interests"] = sum(3 * weight * 2 ** ((order(one)[0] - at) / (30 * DAY)) for one, weight in shoes)
        kinds = [one["kind"] for one, _ in events]
        found[subject, "lifecycle"] = 3 if kinds.count("email_open") >= 3 else int("email_click" in kinds)
    return {key: value for key, value in found.items() if abs(value) > 1e-9}


def signals(log):
    """Signal -> whose it is."""
    found = {}
    clicks, sent = of_kind("email_click"), of_kind("email_delivered")
    for subject, weighed in by_subject(log).items():
        events = [one for one, _ in weighed]
        fired = {
            "clicked": counted(events, clicks, 1, within=MINUTE, gap=SECOND, cooldown=MINUTE),
            "links": counted(
                events, clicks, 2, within=10 * MINUTE, cooldown=2 * MINUTE, distinct=lambda one: str(one["props"].get("link", ""))
            ),
            "ignored": absent(events, sent, clicks, within=4 * MINUTE, cooldown=MINUTE),
        }
        for trigger, at in fired.items():
            found |= {
                hashlib.sha256("\0".join(("demo", trigger, "mail-1", one["event_id"])).encode()).hexdigest()[:32]: subject for one in at
            }
    return found
