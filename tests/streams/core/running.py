"""Both cores in one process, as the machinery runs them, and what they finally say."""

import math
from collections import defaultdict
from pathlib import Path

from schemas.codec import dumps, loads
from schemas.topics import EVENTS, SCORE_CHANGES, SCORES, SESSIONS, SIGNALS, TRACKED
from streams.core import subjects, visitors
from streams.core.layout import read
from streams.core.mail_agents import read_agents
from streams.core.rules import Shape, SiteRules, VisitorRules
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work

PARTITIONS = 3
MODELS = Path(__file__).parents[3] / "streams" / "models"
RULES = subjects.read_rules(
    scores=(MODELS / "scores.yaml").read_text(), triggers=(MODELS / "triggers.yaml").read_text(), partitions=PARTITIONS
)
MINUTE_MS = 60_000
AGENTS = read_agents((MODELS / "mail_agents.yaml").read_text(), "mail_agents.yaml")
DAY_MS = 86_400_000
FAR_MS = 400 * DAY_MS


class Agent:
    """One agent's core on one partition. Its state goes through JSON at each commit, as through a changelog."""

    def __init__(self, core, rules):
        self.core, self.rules, self.state, self.meta = core, rules, PartitionState(), {}

    @property
    def values(self):
        return {key: read(encoded) for key, encoded in self.state._stored.items()}

    def absorb(self, value, at=0, watermark=None):
        return self._commit(lambda work: self.core.absorb(value, work, rules=self.rules, arrival=Arrival(at, "0", watermark)))

    def advance(self, now_ms, *, quiet=False):
        outs, more = [], True
        while more:
            done = []
            outs.append(
                self._commit(lambda work, done=done: done.append(self.core.advance(work, rules=self.rules, now_ms=now_ms, quiet=quiet)))
            )
            more = done[0]
        return outs

    def flush(self, now_ms):
        return self._commit(lambda work: self.core.flush(work, rules=self.rules, now_ms=now_ms))

    def _commit(self, step):
        work = Work(self.state, self.meta)
        step(work)
        self.meta = loads(dumps(work.meta))
        self.state.commit()
        self.state = PartitionState(self.state._stored.items())
        return work.out


class Line:
    """The whole stage: one partition of events, `PARTITIONS` of tracked."""

    def __init__(self, *, gap_ms=1_800_000, update_ms=0, label_automation=True, shape=Shape(), rules=RULES, **site):  # noqa: B008  # frozen
        self.rules = rules
        site = SiteRules(gap_ms, label_automation, **{"shape": shape, "mail": AGENTS} | site)
        self.visitors = Agent(visitors, VisitorRules(PARTITIONS, update_ms, {"demo": site}))
        self.subjects = [Agent(subjects, rules) for _ in range(PARTITIONS)]
        self.queues = [[] for _ in range(PARTITIONS)]
        self.records, self.tracked, self.counts = [], [], defaultdict(int)

    def send(self, *events):
        """Take in events as one record, and what the subjects make of it."""
        self._collect(self.visitors.absorb(b"\n".join(map(dumps, events))))

    def settle(self):
        """Deliver what waits for the subjects, until nothing does."""
        while any(self.queues):
            for number, queue in enumerate(self.queues):
                if queue:
                    self.queues[number] = []
                    self._collect(self.subjects[number].absorb(b"\n".join(queue)))

    def advance(self, now_ms, *, quiet=False):
        for out in self.visitors.advance(now_ms, quiet=quiet):
            self._collect(out)

    def pass_time(self, watermark, now_ms, *, timers=True):
        """Let the subjects hear how far events have come; and tend their timers, unless records come too fast for that."""
        for agent in self.subjects:
            self._collect(agent.absorb(b"", at=now_ms, watermark=watermark))
            for out in agent.advance(now_ms) if timers else ():
                self._collect(out)

    def finish(self, now_ms, *, waited=False):
        """Let everything close. `waited`: let all that is waited for be over, too."""
        self.settle()
        self.advance(now_ms + FAR_MS, quiet=True)
        self.settle()
        self.tend(now_ms + 4 * DAY_MS)
        self.settle()
        if waited:
            self.pass_time(now_ms + FAR_MS, now_ms + DAY_MS)

    def tend(self, now_ms):
        """Let what waits for a time of day come: hits of e-mails that have waited for a verdict long enough."""
        for agent in self.subjects:
            for out in agent.advance(now_ms):
                self._collect(out)

    def _collect(self, out):
        for record in out.records:
            if record.value is not None:
                record.topic.value.model_validate_json(record.value)
        self.records += out.records
        for name, count in out.counts.items():
            self.counts[str(name)] += count
        for (topic, partition), lines in out.lines.items():
            if topic is EVENTS:
                self._collect(self.visitors.absorb(b"\n".join(lines)))
                continue
            assert topic is TRACKED
            for line in lines:
                topic.value.model_validate_json(line)
            self.queues[partition] += lines
            self.tracked += map(loads, lines)

    def values(self, topic):
        return [loads(record.value) for record in self.records if record.topic is topic and record.value is not None]

    def last(self, topic, field, version):
        """The highest version of each."""
        found = {}
        for value in self.values(topic):
            if value[field] not in found or found[value[field]][version] < value[version]:
                found[value[field]] = value
        return found

    # what it finally says

    def sessions(self):
        return {id_: record for id_, record in self.last(SESSIONS, "session_id", "version").items() if record["status"] != "superseded"}

    def membership(self):
        """Event -> surviving session, as the store resolves it."""
        superseded = {
            id_: record["superseded_by"]
            for id_, record in self.last(SESSIONS, "session_id", "version").items()
            if record["status"] == "superseded"
        }
        found = {line["event_id"]: line.get("session_id", "") for line in self.tracked if not line.get("control")}
        for record in self.values(SESSIONS):
            found |= dict.fromkeys(record["joined"], record["session_id"])
        return {event: superseded.get(session, session) for event, session in found.items()}

    def scores(self, at):
        """(subject, score) -> raw value at a time."""
        last = {record.key: record.value for record in self.records if record.topic is SCORES}
        found = {}
        for value in filter(None, last.values()):
            score = loads(value)
            half_life = score["half_life_s"] * 1000
            decay = 2 ** -((at - score["updated_at"]) / half_life) if half_life else 1
            found[score["subject"], score["score"]] = score["raw_value"] * decay
        return {key: value for key, value in found.items() if abs(value) > 1e-9}

    def contributions(self, at):
        """(subject, score) -> the sum of the change rows at a time."""
        found = defaultdict(list)
        for row in self.values(SCORE_CHANGES):
            half_life = self.rules.model.scores[row["score"]].half_life_ms
            decay = 2 ** -((at - row["event_time"]) / half_life) if half_life else 1
            found[row["subject"], row["score"]].append(row["points"] * decay)
        return {key: total for key, parts in found.items() if abs(total := math.fsum(parts)) > 1e-9}

    def interests(self, at):
        """(subject, category) -> what the last record says at a time, to four digits."""
        last = {record.key: record.value for record in self.records if record.topic is SCORES}
        found = {}
        for score in map(loads, filter(None, last.values())):
            if score["score"] == "interests":
                decay = 2 ** -((at - score["updated_at"]) / (score["half_life_s"] * 1000))
                found |= {(score["subject"], reason["rule"]): reason["points"] * decay for reason in score["reasons"]}
        return found

    def email_labels(self):
        """Event -> label and reasons of each open and click, after every correction, as the store shows them."""
        found = {line["event_id"]: (0, line) for line in self.tracked if line.get("email_label") and not line.get("control")}
        for line in (line for line in self.tracked if line.get("control") == "verdict"):
            if line["revision"] > found[line["event_id"]][0]:
                found[line["event_id"]] = (line["revision"], line)
        return {event_id: (line["email_label"], line.get("traffic_reasons", [])) for event_id, (_, line) in found.items()}

    def signals(self, *, but=()):
        """Ids of the signals that stand -> whose they are; without those of some triggers."""
        last = self.last(SIGNALS, "signal_id", "revision")
        return {id_: one["subject"] for id_, one in last.items() if one["status"] != "withdrawn" and one["trigger"] not in but}
