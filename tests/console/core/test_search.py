"""What a list of customers is asked for, read from an address and written into one."""

from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from console.core.search import ANY, FIRST, SEEN, SORTS, Search, read_search, told_of

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20).map(str.strip).filter(lambda text: text != ANY)
SEARCHES = st.builds(
    Search,
    text=TEXT,
    stage=TEXT,
    band=TEXT,
    interest=TEXT,
    channel=TEXT,
    consent=TEXT,
    seen=st.sampled_from(["", *SEEN]),
    sort=st.sampled_from(list(SORTS)),
)


@given(SEARCHES)
def test_an_address_leads_to_the_search_that_made_it(search):
    assert read_search(dict(parse_qsl(urlencode(search.query())))) == search


@given(SEARCHES, st.floats(allow_nan=False, allow_infinity=False), st.text(min_size=1, max_size=20))
def test_the_next_page_goes_on_exactly_where_this_one_ended(search, place, name):
    last = {"place": place, "customer_id": name}
    assert read_search(dict(parse_qsl(urlencode(search.onward(last))))) == search.beyond(last)
    assert float(search.beyond(last).parameters()["after"]) == place


@given(st.dictionaries(st.sampled_from(["text", "stage", "seen", "sort", "after", "after_id", "site"]), st.text(max_size=400)))
def test_whatever_an_address_says_is_a_search(told):
    search = read_search(told)
    assert search.sort in SORTS
    assert search.seen in ("", *SEEN)
    assert all(len(value) <= 200 for value in search.filters().values())
    assert abs(search.after) <= 1.8e308


def test_a_search_for_nothing_lets_everybody_through():
    search = read_search({})
    assert not search.narrowed
    asked = search.parameters()
    assert {name: value for name, value in asked.items() if value != ANY} == {"seen": "0", "sort": "last_seen", "after": repr(FIRST)}
    assert read_search({"stage": "intent"}).narrowed


@given(SEARCHES)
def test_an_audit_log_is_told_the_filters_and_nothing_that_somebody_wrote(search):
    told = told_of(search, set())
    assert set(told.replace("=", ", ").split(", ")) <= {*search.filters(), "other", "everybody", *SEEN}


def test_an_audit_log_is_told_the_choices_that_were_offered_and_that_a_page_is_a_further_one():
    search = read_search({"stage": "intent", "text": "anna@example.com", "seen": "7"})
    assert told_of(search, {("stage", "intent")}) == "text, stage=intent, seen=7"
    assert told_of(search.beyond({"place": 1.0, "customer_id": "anna"}), ()) == "text, stage=other, seen=7, further page"
    assert told_of(read_search({}), ()) == "everybody"
