"""The bars of a campaign: people apart from proxies and machines."""

from hypothesis import given
from hypothesis import strategies as st

from console.core.campaigns import SUMMED, WHO, got, parts, totals, with_orders

COUNTS = st.fixed_dictionaries(
    {name: st.integers(0, 10**7) for name in ("sent", "delivered", *(f"{did}_{who}" for did in ("opened", "clicked") for who in WHO))}
)


@given(COUNTS, st.sampled_from(["opened", "clicked"]))
def test_the_parts_of_a_bar_lie_side_by_side_and_never_beyond_it(row, did):
    found = parts(row, did)
    assert [part.count for part in found] == [row[f"{did}_{who}"] for who in WHO if row[f"{did}_{who}"]]
    ends = [part.left + part.width for part in found]
    assert all(abs(end - part.left) < 1e-6 for end, part in zip(ends, found[1:], strict=False))
    assert all(end <= 100 + 1e-6 for end in ends)


def test_a_bar_is_of_those_who_got_the_e_mails():
    row = {"sent": 10, "delivered": 8, "opened_people": 2, "opened_unknown": 0, "opened_proxied": 0, "opened_machines": 4}
    assert [(part.who, part.left, part.width) for part in parts(row, "opened")] == [("people", 0, 25), ("machines", 25, 50)]
    assert (got(row), got(row | {"delivered": 0})) == (8, 10)


def test_orders_stand_beside_their_campaign_and_none_are_none():
    campaigns = [{"campaign": "a", "sent": 1}, {"campaign": "b", "sent": 2}]
    orders = [{"campaign": "b", "buyers": 1, "orders": 2, "value": 9.5}, {"campaign": "gone", "buyers": 1, "orders": 1, "value": 1.0}]
    assert with_orders(campaigns, orders) == [
        {"campaign": "a", "sent": 1, "orders": 0, "value": 0.0},
        {"campaign": "b", "sent": 2, "orders": 2, "value": 9.5},
    ]


def test_sums_are_over_all_campaigns_and_zero_over_none():
    assert totals([dict.fromkeys(SUMMED, 2), dict.fromkeys(SUMMED, 3)]) == dict.fromkeys(SUMMED, 5)
    assert totals([]) == dict.fromkeys(SUMMED, 0)
