"""What triggers may be written as, and what a wrong file is told."""

import pytest

from schemas.errors import Misconfigured
from streams.core import subjects
from streams.core.triggers import AbsenceTrigger, CountTrigger, ThresholdTrigger, read_triggers
from tests.streams.core.running import MODELS

TEXT = """
version: t1
time_zone: Europe/Berlin
triggers:
  three_products:
    when: {kind: [page_view], path: "/p/*"}
    count: 3
    within: 1d
    distinct_by: url_path
    where: {band: {engagement: 1}, stage: [none, intent], consent: granted}
    quiet_hours: {from: 22:00, to: 07:00}
  nobody_answered:
    when: {kind: [form_submit]}
    unless: {kind: [chat_message]}
    within: 4h
  hot: {score: engagement, reaches: 60, falls: true, cooldown: 1h}
"""


def test_the_three_sorts_of_triggers_are_read():
    products, absence, hot = read_triggers(TEXT, "t.yaml")
    assert isinstance(products, CountTrigger)
    assert (products.count, products.distinct, products.min_gap_ms) == (3, "url_path", 0)
    assert products.where.bands == (("engagement", frozenset({"1"})),)
    assert (products.where.stages, products.where.consents) == ({0, 3}, {"granted"})
    assert (products.quiet.begin, products.quiet.end, products.quiet.zone.key, products.quiet.hold) == (1320, 420, "Europe/Berlin", True)
    assert isinstance(absence, AbsenceTrigger)
    assert absence.kinds == {"form_submit", "chat_message"}
    assert isinstance(hot, ThresholdTrigger)
    assert (hot.score, hot.reaches, hot.falls, hot.cooldown_ms) == ("engagement", 60.0, True, 3_600_000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("count: 3", "min_gap: 1m"), "needs `count`"),
        (("within: 4h", "within: 4h\n    count: 2"), "waits .* has no `count`"),
        (("reaches: 60, ", ""), "needs `reaches`"),
        (("falls: true", "when: {kind: [click]}"), "watches a score .* has no `when`"),
        (("url_path", "session_id"), "min_gap"),
        (("22:00", "22:61"), "hours and minutes"),
        (("22:00", "07:00"), "same time"),
        (("Europe/Berlin", "Europe/Nowhere"), "IANA"),
        (("intent", "buying"), "awareness"),
        (("where: {band", "where: {bands"), "bands"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_change(change, message):
    assert change[0] in TEXT
    with pytest.raises(Misconfigured, match=message):
        read_triggers(TEXT.replace(*change), "t.yaml")


@pytest.mark.parametrize("change", [("score: engagement", "score: heat"), ("band: {engagement", "band: {heat")])
def test_a_trigger_names_a_score_that_the_model_has(change):
    with pytest.raises(Misconfigured, match=r"heat.*engagement, fit"):
        subjects.read_rules(scores=(MODELS / "scores.yaml").read_text(), triggers=TEXT.replace(*change), partitions=1)


BERLIN_NOON = 1_790_071_200_000
"""2026-09-22 12:00 in Berlin, where it is summer time."""

HOUR = 3_600_000


@pytest.mark.parametrize(("after", "ends"), [(0, None), (9.5, None), (10, 19), (11.99, 19), (12, 19), (18.99, 19), (19, None), (34, 43)])
def test_quiet_hours_over_midnight_end_in_the_time_zone_of_the_site(after, ends):
    quiet = read_triggers(TEXT, "t.yaml")[0].quiet
    found = quiet.until(BERLIN_NOON + round(after * HOUR))
    assert found == (None if ends is None else BERLIN_NOON + ends * HOUR)
