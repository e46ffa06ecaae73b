"""Somebody looks at the prices twice, in a real browser; a sales rep should have a task, and the rep's own server a call."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

from footprint import users
from footprint.demo.line import free_ports
from footprint.parts.run_file import find_run
from tests.support.waiting import eventually

SITE = "desk"
REP = "rita"
PASSWORD = "a long enough password"
TRIGGERS = """version: desk-1
triggers:
  price_page_twice:
    when: {kind: [page_view], path: "/pricing"}
    count: 2
    within: 7d
    min_gap: 1s
    cooldown: 24h
"""
READ_MS = 1_100
"""How long the prices are read at first: looks that are closer than `min_gap` are one."""


def tables(folder: Path, url: str, key: str) -> str:
    """Return the settings of the site, whose triggers are put into the folder: who looks twice is Rita's task, and a call to `url`."""
    (folder / "desk_triggers.yaml").write_text(TRIGGERS, "utf-8")
    return (
        f'[sites.{SITE}]\nkeys = ["{SITE}"]\nautomation = "ignore"\ntriggers = "desk_triggers.yaml"\n'
        f'[sites.{SITE}.tasks.price_page_twice]\nchannel = "campaigns"\ndue_hours = 4\n[sites.{SITE}.owners]\ncampaigns = "{REP}"\n'
        f'[webhooks.desk]\nurl = "{url}"\nkeys = ["{key}"]\nshape = "task"\nsites = ["{SITE}"]\n'
    )


@contextmanager
def shop_of(line):
    """Give the address of a shop whose visitors are the site's; ended on leaving."""
    [port] = free_ports(1)
    told = ["--port", str(port), "--collector", find_run(line.data_dir).collector, "--key", SITE]
    process = subprocess.Popen([sys.executable, "-m", "footprint.demo.shop", *told])
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}/ready"), 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def _answers(url):
    with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status == 200


@dataclass(frozen=True, slots=True)
class Heard:
    """Seconds from the second look at the prices until the task stood in the rep's list, and until the rep's server was called."""

    task_s: float
    call_s: float
    task: str
    """Where the task's page is."""

    @property
    def both_s(self) -> float:
        """Until both were there."""
        return max(self.task_s, self.call_s)


class Desk:
    """The rep, signed in at a running line, whose server is `receiver`."""

    def __init__(self, line, receiver, browser, shop):
        self._run, self._shop = find_run(line.data_dir), shop
        self._receiver, self._browser = receiver, browser
        if REP not in users.kept(line.data_dir / "users.json"):
            users.create(line.data_dir / "users.json", REP, {SITE: "analyst"}, PASSWORD)
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._open("/sign-in", {"name": REP, "password": PASSWORD})

    def page(self, path):
        """The rep's own look at a page of the console."""
        return self._open(f"/s/{SITE}/{path}", None)

    def tasks(self):
        """The tasks of the rep's list."""
        return set(re.findall(r'href="(/s/desk/tasks/[0-9a-f]+)', self.page("tasks?show=mine")))

    def somebody_looks_twice(self, within_s=60.0):
        """A new visitor sees the prices twice; returns when and what the rep heard of it."""
        before, calls = self.tasks(), len(self._calls())
        context = self._browser.new_context()
        page = context.new_page()
        page.goto(f"{self._shop}/pricing")
        page.wait_for_timeout(READ_MS)
        began = time.monotonic()
        page.goto(f"{self._shop}/pricing")
        try:
            return self._heard(began, before, calls, within_s, page)
        finally:
            context.close()

    def _heard(self, began, before, calls, within_s, page):
        task_s = call_s = None
        while task_s is None or call_s is None:
            assert time.monotonic() - began < within_s, f"task after {task_s} s, call after {call_s} s"
            if call_s is None and len(self._calls()) > calls:
                call_s = time.monotonic() - began
            if task_s is None and (fresh := self.tasks() - before):
                task_s = time.monotonic() - began
            page.wait_for_timeout(50)
        return Heard(task_s, call_s, fresh.pop())

    def _calls(self):
        return [call for call in self._receiver.calls if call.path == "/desk"]

    def last_call(self):
        """The body of the last call, and its headers."""
        call = self._calls()[-1]
        return json.loads(call.body), call

    def _open(self, path, form):
        data = urllib.parse.urlencode(form).encode() if form else None
        with self._opener.open(urllib.request.Request(self._run.console + path, data), timeout=30) as answer:
            return answer.read().decode()
