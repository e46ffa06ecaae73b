"""`make demo`: one command from nothing to answers, which leaves nothing behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The finished demo, run as somebody whose settings say something else; and its temporary folder."""
    folder = tmp_path_factory.mktemp("demo")
    own = os.environ | {"TMPDIR": str(folder), "FOOTPRINT_COLLECTOR_PORT": "1", "FOOTPRINT_DATA_DIR": "/nonexistent"}
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-m", "footprint.demo"], cwd=root, env=own, capture_output=True, text=True, timeout=240)
    return done, folder


def test_it_exits_well(demo):
    done, _ = demo
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ("Sessions", "organic_search", "mobile", "human", "bot"),
        ("Top scores", "purchase 40", "price_page 16"),
        ("Signals", "price_page_twice", "fired"),
        ("The footprint of", "viewed /pricing", "was identified as", "bought for", "EUR"),
        ("What next", "make up", "footprint import"),
    ],
)
def test_it_prints_what_a_person_wants_to_read(demo, words):
    done, _ = demo
    for word in words:
        assert word in done.stdout, done.stdout


def test_sessions_and_scores_computed_anew_from_the_stored_events_are_the_live_ones(demo):
    done, _ = demo
    found = re.search(
        r"anew from the stored events: (\d+) visitors, (\d+) sessions differ; (\d+) subjects, (\d+) scores differ", done.stdout
    )
    assert found, done.stdout
    visitors, sessions, subjects, scores = map(int, found.groups())
    assert (visitors > 200, subjects > 200) == (True, True)
    assert (sessions, scores) == (0, 0)


def test_every_score_of_every_customer_is_the_sum_of_what_why_says(demo):
    done, _ = demo
    found = re.search(r"added up from `why`: (\d+) customers, (\d+) scores; (\d+) are not", done.stdout)
    assert found, done.stdout
    customers, scores, differ = map(int, found.groups())
    assert (customers > 30, scores > 3 * customers, differ) == (True, True, 0)


CAMPAIGN = {
    "campaign": "winter",
    "sent": "40",
    "delivered": "39",
    "bounced": "1",
    "opened people": "11",
    "opened maybe": "12",
    "opened machines": "11",
    "clicked people": "11",
    "clicked maybe": "1",
    "clicked machines": "3",
    "unsubscribed": "1",
    "complained": "1",
    "people share": "28.2 %",
}


def test_its_campaign_counts_people_apart_from_machines(demo):
    done, _ = demo
    head, *rows = (line for line in done.stdout.partition("\nE-mails")[2].splitlines() if line.startswith(("┃", "│")))
    place = [cell.strip() for cell in head.split("┃")].index("winter-2026-1")
    cells = [[cell.strip() for cell in row.split("│")] for row in rows[: len(CAMPAIGN)]]
    assert {row[1]: row[place] for row in cells} == CAMPAIGN


def test_it_tells_how_each_label_is_known(demo):
    done, _ = demo
    told = done.stdout.partition("Who opened and clicked winter-2026-1")[2]
    for words in ("proxied", "machine_probable", "burst", "trap", "apple", "gmail", "read"):
        assert words in told, told


def test_a_reader_of_the_campaign_has_one_footprint_from_the_letter_to_the_page(demo):
    done, _ = demo
    told = done.stdout.rpartition("The footprint of")[2]
    told = told[: told.index("└")]
    steps = ("was sent the e-mail", "received the e-mail", "opened the e-mail", ", by a mail proxy", "clicked in the e-mail", "viewed /")
    places = [told.find(step) for step in steps]
    assert -1 not in places, told
    assert places == sorted(places)


def test_it_leaves_no_file_and_no_process_behind(demo):
    _, folder = demo
    assert [path for path in folder.iterdir() if path.name.startswith("footprint-demo-")] == []
    left = [
        process.info["pid"] for process in psutil.process_iter(["pid", "cmdline"]) if str(folder) in " ".join(process.info["cmdline"] or [])
    ]
    assert left == []
