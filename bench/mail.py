"""What the label of an e-mail's hit costs: CPU of the pure cores, without Kafka. `python -m bench mail`.

Each e-mail is delivered, opened and clicked as mails are: by one reader, by a reader behind a proxy, or by a scanner that follows every link. Putting the label that a
hit has by itself is the visitors agent's part; judging it among the e-mail's other hits, with the corrections that are published, is the subjects agent's. The whole
way is both agents' cores over the same events, from the line of the collector to state and outputs. The least of several rounds counts: another program can only add.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import resources
from typing import Any

from bench.report import Report
from schemas.codec import dumps, join_lines
from streams.compiled import compiled_home
from streams.core import mail_hits, mail_state, subjects, visitors
from streams.core.enrich import enrich
from streams.core.mail_agents import MailAgents, read_agents
from streams.core.rules import SiteRules, VisitorRules
from streams.core.state import PartitionState
from streams.core.subject import Subject, SubjectRules, read_rules
from streams.core.work import Arrival, Outputs, Work

MODELS = resources.files("streams") / "models"
MAILS = 1_500
ROUNDS = 7
MUST_US = 60.0
TAKE = 20
"""Events of one e-mail that arrive together: the links of a scanner do, a reader's do not."""
T0 = 1_790_000_000_000
MINUTE = 60_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
Event = dict[str, Any]

READER = [("email_open", 5 * MINUTE, 0, BROWSER), ("email_click", 6 * MINUTE, 1, BROWSER), ("email_click", 8 * MINUTE, 3, BROWSER)]
PROXY = [("email_open", 1_000, 0, GMAIL), ("email_open", 9 * MINUTE, 0, GMAIL), ("email_click", 9 * MINUTE + 9_000, 1, BROWSER)]
SCANNER = [("email_open", 9_000, 0, BROWSER), *(("email_click", 43_000 + 60 * n, n, BROWSER) for n in range(1, 11))]
NEWSLETTER = [("email_open", 9_000, 0, BROWSER), *(("email_click", 43_000 + 6 * n, n, BROWSER) for n in range(1, 61))]


def run() -> bool:
    """Measure, print and record. A cost is no promise: it is True whenever every hit was judged."""
    load = os.getloadavg()[0]
    agents = read_agents((MODELS / "mail_agents.yaml").read_text("utf-8"), "mail_agents.yaml")
    texts = {name: (MODELS / f"{name}.yaml").read_text("utf-8") for name in ("scores", "triggers")}
    rules, site = read_rules(**texts, partitions=1), SiteRules(mail=agents)
    report = Report(
        "mail", ["e-mail", "hits", "own label, us a hit", "judging, us a hit", "label in all", "must", "whole way, us an event"]
    )
    judged = True
    for name, hits in (
        ("a reader", READER),
        ("behind a proxy", PROXY),
        ("a scanner of ten links", SCANNER),
        ("a scanner of sixty links", NEWSLETTER),
    ):
        number = MAILS * len(READER) // len(hits)
        mails = [list(_mail(one, hits)) for one in range(number)]
        tracked = [[enrich(event, site) for event in events] for events in mails]
        count = number * len(hits)
        own = _least(partial(_own, tracked, agents)) / count
        among = _least(partial(_judge, tracked, rules)) / count
        whole = _least(partial(_whole, mails, rules, site)) / (count + number)
        report.row(name, str(len(hits)), f"{own:.1f}", f"{among:.1f}", f"{own + among:.1f}", f"{MUST_US:.0f}", f"{whole:.1f}")
        judged = judged and all(one["email_label"] for events in tracked for one in events[1:])
    how = "compiled" if compiled_home() else "as plain Python"
    report.note(
        f"Load average at the start: {load:.1f}. CPU of the process, least of {ROUNDS} rounds, {MAILS * len(READER):,} hits each; the cores ran {how}."
    )
    report.finish()
    return judged


def _least(work: Callable[[], None]) -> float:
    """Return the CPU that work takes, microseconds: the least of all rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        work()
        found.append((time.process_time_ns() - began) / 1_000)
    return min(found)


def _own(tracked: list[list[Event]], agents: MailAgents) -> None:
    for events in tracked:
        for event in events[1:]:
            mail_hits.put_label(event, agents, crawler=False)


def _judge(tracked: list[list[Event]], rules: SubjectRules) -> None:
    for events in tracked:
        subject = Subject("demo", f"c:{events[0]['customer_id']}", {}, rules, Outputs())
        take = TAKE if len(events) > TAKE else 1
        for start in range(0, len(events), take):
            for event in events[start : start + take]:
                mail_state.receive(subject, event)
            mail_state.judge(subject)


def _whole(mails: list[list[Event]], rules: SubjectRules, site: SiteRules) -> None:
    """Both cores, a hundred e-mails a transaction."""
    first, second = Work(PartitionState(), {}), Work(PartitionState(), {})
    for start in range(0, len(mails), 100):
        line = join_lines(dumps(event) for events in mails[start : start + 100] for event in events)
        visitors.absorb(line, first, rules=VisitorRules(1, others=site), arrival=Arrival(T0))
        for lines in first.out.lines.values():
            subjects.absorb(join_lines(lines), second, rules=rules, arrival=Arrival(T0))
        for work in (first, second):
            work.state.changes()  # type: ignore[attr-defined]  # a state, not only what a core sees of it
            work.state.commit()  # type: ignore[attr-defined]  # as above
            work.out = Outputs()


def _mail(number: int, hits: list[tuple[str, int, int, str]]) -> Iterator[Event]:
    at = T0 + number * 1_000
    yield _event(f"d{number}", number, at, kind="email_delivered", props={})
    for place, (kind, after, link, agent) in enumerate(hits):
        props = {"link": link} if kind == "email_click" else {}
        yield _event(f"h{number}.{place}", number, at + after, kind=kind, props=props, user_agent=agent, ip="203.0.113.0")


def _event(event_id: str, number: int, at: int, **fields: Any) -> Event:
    found = {"event_id": event_id, "site": "demo", "customer_id": f"c{number}", "message_id": "news-7", "name": "E-mail"}
    return found | {"created_at": at, "received_at": at, "content_hash": "0123456789abcdef", **fields}
