"""The configuration of the local Kafka."""

from hypothesis import given
from hypothesis import strategies as st

from footprint.local.kafka_properties import properties, render
from footprint.topics import STATE_RECORD_BYTES


def read_back(text):
    """Read a properties file as java.util.Properties does, for what `render` writes."""
    assert text.isascii()
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        units, at = [], 0
        while at < len(value):
            if value[at] == "\\":
                assert value[at + 1] == "u"
                units.append(int(value[at + 2 : at + 6], 16))
                at += 6
            else:
                units.append(ord(value[at]))
                at += 1
        found[name] = b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be")
    return found


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_value_survives_the_file(value):
    assert read_back(render({"name": value})) == {"name": value}


def test_it_listens_on_loopback_only():
    values = properties(port=1, controller_port=2)
    assert values["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert values["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1"


def test_it_takes_the_largest_state_record():
    values = properties(port=1, controller_port=2)
    assert values["message.max.bytes"] > STATE_RECORD_BYTES + 65_536
    assert values["replica.fetch.max.bytes"] == values["message.max.bytes"]
