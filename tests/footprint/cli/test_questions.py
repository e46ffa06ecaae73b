"""`footprint sql`, `migrate` and `customer`, as somebody types them."""

import json
import os
import time
from dataclasses import replace

import pytest

from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from tests.sinks.counting import counted
from tests.sinks.rows import NOW, change, event, identity, insert, score, step
from tests.support.program import loaded
from tests.support.servers import LocalClickHouse, running

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with a store that knows one customer, and does not run."""
    folder = tmp_path_factory.mktemp("data")
    with running(LocalClickHouse(folder)) as server:
        connection = replace(server.connection(), database="footprint")
        migrate(connection)
        client = StoreClient(connection)
        now = int(time.time() * 1000)
        insert(client, "identities", identity("v", "anna"))
        first, second = (
            event("e1", visitor_id="v", url_path="/pricing"),
            event("e2", customer_id="anna", kind="email_click", event_time=NOW + 1),
        )
        insert(client, "tracked", first, second, event("e3", visitor_id="[bold]x[/bold]"))
        insert(client, "scores", score("c:anna", 120.0, updated_at=now, half_life_s=0.0))
        insert(client, "score_changes", change("c:anna", "pricing", 120.0, event_time=now))
        insert(client, "tasks", step("t1", customer_id="anna", owner="grace"), step("t2", customer_id="bob", due_at=now + 3_600_000))
        counted(client)
        client.close()
    return folder


@pytest.fixture(scope="module")
def footprint(folder):
    """Run the program on the folder while its store runs."""
    with running(LocalClickHouse(folder)) as server:
        yield lambda *arguments, stdin="", text=True: run(folder, *arguments, stdin=stdin if text else None, port=server.port, text=text)


def run(folder, *arguments, stdin="", port=9, text=True):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOOTPRINT_")}
    environment["FOOTPRINT_LOCAL_CLICKHOUSE_PORT"] = str(port)
    done = loaded().run([*arguments, "--data-dir", str(folder)], folder=folder, environment=environment, stdin=(stdin or "").encode())
    if text:
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def test_a_query_is_printed_as_a_table(footprint):
    done = footprint("sql", "SELECT kind, count() AS n FROM events GROUP BY kind ORDER BY kind;")
    assert (done.returncode, done.stderr) == (0, "")
    assert "email_click" in done.stdout
    assert "┃" in done.stdout or "│" in done.stdout


def test_the_format_is_an_option_or_stands_in_the_query(footprint):
    wanted = '{"event_id":"e1"}\n'
    assert footprint("sql", "--format", "JSONEachRow", "SELECT event_id FROM events WHERE url_path = '/pricing'").stdout == wanted
    assert footprint("sql", "-", stdin="SELECT event_id FROM events WHERE url_path = '/pricing' FORMAT JSONEachRow;\n").stdout == wanted


def test_at_most_ten_thousand_rows_unless_all_are_asked_for(footprint):
    query = "SELECT number FROM numbers(10005) ORDER BY number DESC -- downwards"
    few, every = footprint("sql", "--format", "TSV", query), footprint("sql", "--all", "--format", "TSV", query)
    assert few.stdout.splitlines() == [str(number) for number in range(10_004, 4, -1)]
    assert "first 10,000 rows" in few.stderr
    assert "--all" in few.stderr
    assert (len(every.stdout.splitlines()), every.stderr) == (10_005, "")


@pytest.mark.parametrize("form", ["PrettyCompact", "Parquet"])
def test_a_result_that_was_not_cut_is_not_called_so(footprint, form):
    whole = footprint("sql", "--format", form, "SELECT 1 FROM numbers(10000)", text=False)
    cut = footprint("sql", "--format", form, "SELECT 1 FROM numbers(10001)", text=False)
    assert (whole.returncode, whole.stderr) == (0, b"")
    assert b"there are more" in cut.stderr


def test_a_recipe_of_the_cookbook_runs_by_its_name_with_values_for_its_parameters(footprint):
    done = footprint(
        "sql",
        "@funnel",
        "--site",
        "demo",
        "--step1",
        "/pricing",
        "--step2=email_click",
        "--from",
        "2026-01-01",
        "--to",
        "2027-01-01",
        "--format",
        "TSV",
    )
    assert [line.split("\t")[:3] for line in done.stdout.splitlines()] == [
        ["1", "/pricing", "1"],
        ["2", "email_click", "1"],
        ["3", "purchase", "0"],
    ]
    assert "@funnel" in footprint("sql", "@").stdout
    lost = footprint("sql", "@funel", "--site", "demo")
    assert (lost.returncode, "footprint sql @" in lost.stderr) == (1, True)


def test_values_are_given_to_any_statement_and_never_read_as_sql(footprint):
    done = footprint("sql", "--format", "TSV", "-- which\nSELECT {who:String}, {n:UInt8} + 1", "--who", 'it\'s "x"; --', "--n", "4")
    assert done.stdout == 'it\\\'s "x"; --\t5\n'
    assert footprint("sql", "SELECT 1", "--who").returncode == 2
    assert footprint("sql", "SELECT", "1").returncode == 2


@pytest.mark.parametrize(
    "query", ["SELECT nothing FROM events", "SELEC 1", "DROP TABLE events_raw", "INSERT INTO events_raw (site) VALUES ('x')"]
)
def test_what_cannot_be_answered_ends_with_what_to_do_and_exit_code_one(footprint, query):
    done = footprint("sql", query)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("footprint: ")
    assert "SHOW TABLES" in done.stderr


def test_other_statements_than_select_run_too(footprint):
    assert "events_human" in footprint("sql", "SHOW TABLES").stdout
    assert "event_id" in footprint("sql", "DESCRIBE TABLE events").stdout
    assert footprint("sql", "--format", "TSV", "WITH 1 AS x SELECT x").stdout == "1\n"


def test_migrating_again_does_nothing(footprint):
    done = footprint("migrate")
    assert (done.returncode, done.stdout) == (0, "nothing to do: the schema is current\n")
    assert json.loads(footprint("migrate", "--json").stdout) == {"applied": []}
    assert footprint("migrate", "--plan").stdout == "nothing to do: the schema is current\n"
    assert set(json.loads(footprint("migrate", "status", "--json").stdout).values()) == {"applied"}


def test_a_timeline_tells_what_happened_in_order(footprint):
    done = footprint("customer", "timeline", "--site", "demo", "--customer", "anna")
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("viewed /pricing") < done.stdout.index("clicked in the e-mail")
    rows = json.loads(footprint("customer", "timeline", "--site", "demo", "--customer", "anna", "--json").stdout)
    assert [row["event_id"] for row in rows] == ["e1", "e2"]
    assert json.loads(footprint("customer", "timeline", "--site", "demo", "--customer", "anna", "--last", "1", "--json").stdout) == rows[1:]


def test_why_sums_to_the_shown_score(footprint):
    done = footprint("customer", "why", "--site", "demo", "--customer", "anna")
    assert done.returncode == 0, done.stderr
    assert "engagement 100.00" in done.stdout
    rows = json.loads(footprint("customer", "why", "--site", "demo", "--customer", "anna", "--json").stdout)
    assert [(row["rule"], row["points"]) for row in rows] == [("pricing", 120.0), ("clamp", -20.0)]


def test_a_profile_is_shown(footprint):
    profile = json.loads(footprint("customer", "show", "--site", "demo", "--customer", "anna", "--json").stdout)
    assert (profile["customer_id"], profile["events"], profile["scores"]) == ("anna", 2, {"engagement": 100.0})
    assert "anna" in footprint("customer", "show", "--site", "demo", "--customer", "anna").stdout


@pytest.mark.parametrize("command", ["show", "why", "timeline"])
def test_an_unknown_customer_is_told_as_such(footprint, command):
    done = footprint("customer", command, "--site", "demo", "--customer", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nobody" in done.stderr


def test_when_nothing_runs_the_store_is_started_for_the_question_and_stopped(tmp_path):
    with running(LocalClickHouse(tmp_path)) as server:
        migrate(replace(server.connection(), database="footprint"))
    for _ in range(2):
        done = run(tmp_path, "sql", "--format", "TSV", "SELECT count() FROM events")
        assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    with running(LocalClickHouse(tmp_path)):  # its folder is free again
        pass


def test_a_folder_without_a_store_is_told_as_such(tmp_path):
    done = run(tmp_path, "sql", "SELECT 1")
    assert done.returncode == 1
    assert "footprint up" in done.stderr


def test_wrong_use_ends_with_exit_code_two(folder):
    assert run(folder, "sql").returncode == 2
    assert run(folder, "customer", "why", "--site", "demo").returncode == 2


def test_a_plan_is_proposed_from_what_was_stored(footprint, tmp_path):
    done = footprint("plan", "infer", "--site", "demo", "--days", "10000")
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "plan.yaml"
    path.write_text(done.stdout)
    checked = footprint_plan_check(path)
    assert checked["unplanned"] == "off"
    assert set(checked["events"]) == {"email_click", "page_view"}
    nothing = footprint("plan", "infer", "--site", "nobodys")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "--days" in nothing.stderr


def footprint_plan_check(path):
    done = loaded().run(["plan", "check", str(path), "--json"], folder=path.parent, environment={})
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def test_without_kafka_a_rebuild_puts_sessions_right_and_says_what_it_needs_for_scores(footprint):
    for _ in range(2):
        done = footprint("rebuild", "--once", "--json")
        assert (done.returncode, done.stdout) == (1, "")
        assert "Kafka at 127.0.0.1" in done.stderr
    report = json.loads(footprint("replay", "--sessions", "--site", "demo", "--json").stdout)
    assert (report["visitors"], report["sessions_written"], report["events_moved"]) == (2, 0, 0)
    assert footprint("replay", "--site", "demo").returncode == 2


def test_everything_held_about_a_customer_is_exported_as_one_object(footprint, folder):
    held = json.loads(footprint("customer", "export", "--site", "demo", "--customer", "anna").stdout)
    assert (held["customer"], held["visitors"], held["profile"]["events"]) == ("anna", ["v"], 2)
    assert sorted(row["event_id"] for row in held["events"]) == ["e1", "e2"]
    assert footprint("customer", "export", "--site", "demo", "--customer", "anna", "--out", str(folder / "anna.json")).stdout == ""
    assert (folder / "anna.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((folder / "anna.json").read_text())["events"] == held["events"]


def test_tasks_are_listed_by_when_they_are_due(footprint):
    done = footprint("tasks", "list", "--site", "demo", "--json")
    assert [(task["task_id"], task["owner"], task["state"]) for task in json.loads(done.stdout)] == [
        ("t1", "grace", "open"),
        ("t2", "", "open"),
    ]
    assert "anna" in footprint("tasks", "list", "--site", "demo", "--owner", "grace").stdout
    assert json.loads(footprint("tasks", "list", "--site", "demo", "--overdue", "--owner", "bob", "--json").stdout) == []
