"""The rows of one question become the figures of a page: two halves, every day, the channels that bring most."""

from datetime import date

from console.core.overview import CHANNELS, overview

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 5)
NO_DAY = date(1970, 1, 1)


def row(part, sessions, *, before=0, channel="", day=NO_DAY):
    return {"part": part, "before": before, "channel": channel, "day": day, "people": 1, "sessions": sessions, "engaged": 0.5, "value": 2.0}


def test_each_half_is_its_own_and_nothing_where_nobody_came():
    told = overview([row("all", 9), row("all", 4, before=1)], FIRST, LAST)
    assert (told.now["sessions"], told.before["sessions"]) == (9, 4)
    assert overview([row("all", 4, before=1)], FIRST, LAST).now == {}
    assert overview([], FIRST, LAST).channels == []


def test_every_day_is_told_and_those_of_the_period_before_are_not():
    rows = [row("day", 3, day=FIRST), row("day", 5, day=LAST), row("day", 8, before=1, day=FIRST)]
    told = overview(rows, FIRST, LAST)
    assert [(one["day"].day, one["sessions"], one["people"]) for one in told.days] == [(2, 3, 1), (3, 0, 0), (4, 0, 0), (5, 5, 1)]


def test_a_channel_stands_with_what_it_brought_before_and_one_that_brings_no_more_comes_last():
    rows = [
        row("channel", 3, channel="email"),
        row("channel", 3, channel="search"),
        row("channel", 7, before=1, channel="search"),
        row("channel", 9, before=1, channel="social"),
        row("channel", 4),
    ]
    told = [
        (one["channel"], one["sessions"], one["sessions_before"], one["engaged"], one["value"])
        for one in overview(rows, FIRST, LAST).channels
    ]
    assert told == [("", 4, 0, 0.5, 2.0), ("search", 3, 7, 0.5, 2.0), ("email", 3, 0, 0.5, 2.0), ("social", 0, 9, 0.0, 0.0)]
    many = [row("channel", number, channel=f"c{number}") for number in range(CHANNELS + 3)]
    assert len(overview(many, FIRST, LAST).channels) == CHANNELS
