"""Prints all that both cores write for one day of events, as lines of JSON: `python -m tests.streams.one_day compiled|plain`."""

import sys

import streams.core

KIND = sys.argv[1]
if KIND == "plain":
    del streams.core.__path__[:-1]  # the sources are behind what was compiled

from bench.streams import inputs  # noqa: E402  # after it is settled where the cores come from
from schemas.codec import dumps, loads  # noqa: E402
from streams.core import subjects, visitors  # noqa: E402
from streams.core.rules import VisitorRules  # noqa: E402
from tests.streams.core.running import RULES, Agent  # noqa: E402

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
RECORDS = 60


def say(*words):
    sys.stdout.write(dumps(words).decode() + "\n")


def tell(agent, outs):
    for out in outs:
        for record in out.records:
            say(record.topic.name, record.partition, record.key.decode(), record.value and loads(record.value))
        for (topic, number), lines in out.lines.items():
            say(topic.name, number, list(map(loads, lines)))
            if agent is devices:
                tell(people, [people.absorb(b"\n".join(lines), NOW_MS, NOW_MS - DAY_MS)])


devices, people = Agent(visitors, VisitorRules(RULES.partitions)), Agent(subjects, RULES)
assert visitors.__file__.endswith(".py") == (KIND == "plain"), visitors.__file__
for _, _, value in inputs.days(NOW_MS).records(range(1), 50)[:RECORDS]:
    tell(devices, [devices.absorb(value, NOW_MS)])
tell(devices, devices.advance(NOW_MS + DAY_MS, quiet=True))
tell(people, people.advance(NOW_MS + DAY_MS, quiet=True))
say(devices.values)
say(people.values)
