"""Random event logs of a small site, as the collector would have accepted them."""

from hypothesis import strategies as st

T0 = 1_790_000_000_000
MINUTE = 60_000
UNTIL = T0 + 60 * MINUTE
"""When everything is received, unless a log says otherwise."""

PATHS = ("/", "/about", "/pricing", "/plans/team")
CUSTOMERS = {"v1": "c1", "v2": "c1", "v3": "c3"}


def event(event_id, at, kind="page_view", *, visitor="v1", received=UNTIL, **fields):
    """One accepted event; `at` in milliseconds after T0."""
    found = {
        "event_id": event_id,
        "site": "demo",
        "visitor_id": visitor,
        "kind": kind,
        "created_at": T0 + at,
        "received_at": received,
        "content_hash": f"{hash((event_id, kind, at)) & 0xFFFFFFFFFFFFFFFF:016x}",
        "props": {},
        **fields,
    }
    return {name: value for name, value in found.items() if value is not None}


MIXED = ["page_view"] * 5 + ["engagement"] * 2 + ["click"] * 2 + ["form_submit"] * 2
MIXED += ["purchase", "refund", "consent", "email_click", "identify", "preference"]
BROWSING = ["page_view"] * 3 + ["engagement"] * 6 + ["click", "purchase", "refund", "consent"]
"""Mostly time on few pages of few visitors: what makes sessions hard."""


ABOUT = {
    "page_view": [{}, {"consent": "granted"}, {"props": {"category": " Shoes"}}, {"props": {"category": "Coats"}, "consent": "denied"}],
    "purchase": [{}, {"props": {"products": [{"category": "coats"}, {"category": "COATS "}, {"category": "hats"}]}}],
    "preference": [{"props": {"opt": opt, "topic": topic}} for opt in ("in", "out") for topic in ("shoes", "news")],
}
"""What events are about: categories of interests, and the consent given with them."""


@st.composite
def events(draw, number, span_ms, step_ms, kinds):
    kind = draw(st.sampled_from(kinds))
    visitor = draw(st.sampled_from(["v1", "v1", "v1", "v2"] if kinds is BROWSING else ["v1", "v1", "v2", "v3", "v4"]))
    at = draw(st.integers(0, span_ms // step_ms)) * step_ms + draw(st.sampled_from([0, 0, 0, 1]))
    fields = {"pageview_id": draw(st.sampled_from([None, "p1", "p1", "p2"])), "seq": draw(st.integers(0, 2))}
    if kind in ("page_view", "click"):
        fields["url"] = "https://shop.example" + draw(st.sampled_from(PATHS))
    if kind == "click":
        fields["name"] = draw(st.sampled_from(["download", "menu"]))
    if kind == "engagement":
        fields["engaged_ms"] = draw(st.sampled_from([0, 1_000, 15_000, 900_000]))
    if kind in ("purchase", "refund"):
        fields["value"] = draw(st.sampled_from([19.99, 0.1, 250.0]))
    if kind in ("page_view", "purchase", "preference"):
        fields |= draw(st.sampled_from(ABOUT[kind]))
    if kind == "email_click":
        fields |= {
            "visitor_id": None,
            "customer_id": draw(st.sampled_from(["c1", "c3"])),
            "message_id": draw(st.sampled_from(["m1", "m2"])),
        }
    if kind == "identify":
        visitor = draw(st.sampled_from(["v1", "v2", "v3"]))
        traits = draw(st.sampled_from([{}, {"company": "Acme"}, {"employees": 60}, {"employees": 5}, {"employees": 700}]))
        fields |= {"customer_id": CUSTOMERS[visitor], "traits": traits}
    if kind == "page_view" and draw(st.booleans()):
        fields["library"] = "fp.js"
    if kind != "email_click" and draw(st.integers(0, 9)) == 0:
        fields["webdriver"] = True
    return event(f"e{number}", at, kind, visitor=visitor, **fields)


@st.composite
def logs(draw, *, span_ms, step_ms, most=24, kinds=MIXED):
    """A log in which every event is live."""
    return [draw(events(number, span_ms, step_ms, kinds)) for number in range(draw(st.integers(1, most)))]


@st.composite
def arrivals(draw, log):
    """An order in which a log arrives: any permutation, with some events twice, in records of some size."""
    again = draw(st.lists(st.sampled_from(log), max_size=5))
    everything = draw(st.permutations([*log, *again]))
    size = draw(st.integers(1, 6))
    return [everything[start : start + size] for start in range(0, len(everything), size)]
