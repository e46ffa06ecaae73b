"""State does not grow for ever: what nobody will ask for is forgotten, with tombstones."""

from schemas.topics import SCORES
from streams.core.expiry import SILENT_MS
from streams.core.layout import VERSION, read, upgraded
from streams.core.state import PartitionState
from streams.core.visits import with_ties
from tests.streams.core.logs import MINUTE, T0, event
from tests.streams.core.running import DAY_MS, Line

UPGRADES = {2: with_ties}

RECORDED = (  # a visitor with an open session, as the first version of the state wrote it
    b'{"seen":["K9bAXkvFzPQm0123456","",1790000000000],"at":1790000000000,"chain":[[[[1790000000000,"p1",0,"e1"],[1790000000000,"p1",0,"e1"],1,1,0,0,0,0,'
    b'[0,[1790000000000,"p1",0,"e1"],"/","direct","","","","",""],[[1790000000000,"p1",0,"e1"],"/"],{"p1":[1790000000000,{}]},0,[{"0":1},1],[{"22":1},1],0],'
    b'"6a9a8a0e-0000-5000-8000-000000000001",1,[],[],0,false,"",[0,[]],[""],-1]],"loose":[],"due_event":1790001800001}'
)


def subjects(line):
    return {key for agent in line.subjects for key in agent.values}


def seen(line, *, customer=None):
    fields = {"kind": "identify", "customer_id": customer, "traits": {}} if customer else {}
    line.send(event("e1", 0, url="https://shop.example/pricing", visitor="v1", received=T0))
    if customer:
        line.send(event("e2", MINUTE, visitor="v1", received=T0 + MINUTE, **fields))
    line.settle()


def wake(line, now_ms):
    for agent in line.subjects:
        for out in agent.advance(now_ms):
            line._collect(out)


def test_a_visitor_who_is_nobodys_and_silent_for_400_days_leaves_no_state_and_no_score():
    line = Line()
    seen(line)
    wake(line, T0 + SILENT_MS - 1)
    assert subjects(line) == {"demo\0v:v1"}
    wake(line, T0 + SILENT_MS)
    assert subjects(line) == set()
    last = {record.key: record.value for record in line.records if record.topic is SCORES}
    assert last
    assert set(last.values()) == {None}


def test_a_customer_is_kept_however_long_the_silence():
    line = Line()
    seen(line, customer="c1")
    wake(line, T0 + 3 * SILENT_MS)
    assert "demo\0c:c1" in subjects(line)


def test_the_state_of_a_visitor_is_gone_some_days_after_the_last_event():
    line = Line()
    seen(line)
    line.advance(T0 + 7 * DAY_MS, quiet=True)
    assert line.visitors.values == {}


def test_a_session_that_an_older_version_has_kept_goes_on():
    assert RECORDED[0] != VERSION
    line = Line()
    line.visitors.state = PartitionState([("demo\0v\0v1", upgraded(RECORDED, UPGRADES))])
    line.send(event("e2", 10 * MINUTE, url="https://shop.example/pricing", visitor="v1", received=T0 + 10 * MINUTE))
    (session,) = line.visitors.values["demo\0v\0v1"]["chain"]
    assert session[0][2] == 2
    assert line.tracked[-1]["session_id"] == read(upgraded(RECORDED, UPGRADES))["chain"][0][1]
    assert PartitionState([("a", upgraded(RECORDED, UPGRADES))]).due("event", 1790001800001, 1) == ["a"]


def test_a_visitor_without_points_whose_session_is_a_machines_is_not_forgotten_at_once():
    line = Line()
    line.send(event("e1", 0, url="https://shop.example/", received=T0, webdriver=True))
    line.send(event("e2", 0, url="https://shop.example/", received=T0))
    line.settle()
    wake(line, T0)
    line.send(event("e3", 0, "form_submit", received=T0))
    line.settle()
    assert line.scores(T0) == {}
    wake(line, T0 + 2 * SILENT_MS)
    assert subjects(line) == set()
