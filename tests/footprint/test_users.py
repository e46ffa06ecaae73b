"""Users of the console as the operator handles them."""

import json

import pytest
from typer.testing import CliRunner

from console.core.sessions import Session
from console.users_file import UsersFile
from console.waiting import WaitingFile
from footprint import cli, users
from footprint.ended_file import EndedFile
from schemas.audit import AuditEntry
from schemas.codec import loads
from schemas.errors import Misconfigured

program = CliRunner()
PASSWORD = "a long enough password"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "users.json"


@pytest.fixture
def run(path):
    def run(*arguments, **more):
        return program.invoke(cli.register(), ["users", *arguments, "--data-dir", str(path.parent)], **more)

    return run


def test_a_user_is_made_listed_and_taken_away_and_the_password_is_not_kept(run, path):
    made = run("create", "ada", "--role", "shop=analyst", "--role", "blog=viewer").stdout.strip()
    assert len(made) >= 20
    assert made not in path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [(row["name"], row["roles"]) for row in json.loads(run("list", "--json").stdout)] == [("ada", "blog=viewer, shop=analyst")]
    assert "shop=analyst" in run("list").stdout
    assert run("revoke", "ada").exit_code == 0
    assert json.loads(run("list", "--json").stdout) == []


def test_every_change_of_users_waits_for_the_audit_log_and_no_password_does(run, path):
    made = run("create", "ada", "--role", "shop=analyst").stdout.strip()
    run("grant", "ada", "--role", "shop=admin")
    run("password", "ada")
    run("revoke", "ada")
    run("revoke", "ada")
    entries = [loads(line) for line in WaitingFile(path.parent / "audit-waiting").take()]
    told = ["created ada: shop=analyst", "granted ada: shop=admin", "new password of ada", "revoked ada"]
    assert [(entry["action"], entry["detail"]) for entry in entries] == [("changed_users", detail) for detail in told]
    assert all(AuditEntry(**entry).made_by.startswith("cli:") for entry in entries)
    assert made not in repr(entries)


def test_a_running_console_follows(run, path):
    known = UsersFile(path)
    assert known.find("ada") is None
    run("create", "ada", "--role", "viewer", "--password-stdin", input=PASSWORD + "\n")
    first = known.find("ada")
    assert first.may("viewer", "any")
    run("grant", "ada", "--role", "shop=admin")
    changed = known.find("ada")
    assert changed.since > first.since
    assert not changed.may("viewer", "any")
    run("password", "ada")
    assert known.find("ada").password != changed.password
    session, ended = Session("ada", first.since, "token"), EndedFile(path.parent / "sessions-ended")
    assert not ended.has(session)
    run("revoke", "ada")
    assert known.find("ada") is None
    assert ended.has(session), "also when a provider vouches for the name from here on"


def test_the_first_administrator_is_made_once(path):
    assert users.create_first(path)
    assert users.create_first(path) == ""
    assert users.kept(path)[users.FIRST].may("admin", "any")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("create", "a b", "--role", "viewer"), "no name for a user"),
        (("create", "bob", "--role", "owner"), "viewer, analyst, admin"),
        (("create", "bob", "--role", "a:b=viewer"), "no name of a website"),
        (("create", "ada", "--role", "viewer"), "footprint users grant"),
        (("grant", "bob", "--role", "viewer"), "footprint users list"),
        (("revoke", "bob"), "footprint users list"),
    ],
)
def test_what_cannot_be_done_says_what_can(run, path, arguments, what):
    users.create(path, "ada", {"shop": "viewer"}, PASSWORD)
    refused = run(*arguments)
    assert isinstance(refused.exception, Misconfigured)
    assert what in str(refused.exception)


def test_a_short_password_is_refused(run):
    refused = run("create", "bob", "--role", "viewer", "--password-stdin", input="short\n")
    assert "at least 12" in str(refused.exception)


def test_a_broken_file_stops_the_console_and_the_commands_with_its_name(path):
    path.parent.mkdir()
    path.write_text("{")
    for ask in (lambda: users.kept(path), lambda: UsersFile(path).find("ada")):
        with pytest.raises(Misconfigured, match=r"users\.json"):
            ask()
