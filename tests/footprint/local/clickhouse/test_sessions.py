"""Sessions keep a connection between requests, one request at a time."""

import threading

import pytest

from footprint.local.clickhouse import sessions as module
from footprint.local.clickhouse.sessions import MOST, SessionBusy, Sessions


class Handle:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_session_keeps_its_connection():
    sessions = Sessions(Handle)
    with sessions.using("a") as first, sessions.using("b") as other:
        assert first is not other
    with sessions.using("a") as again:
        assert again is first
    assert "a" in sessions
    assert "c" not in sessions


def test_an_idle_session_is_closed_after_its_timeout():
    clock = Clock()
    sessions = Sessions(Handle, clock)
    with sessions.using("a", timeout_s=10) as handle:
        pass
    clock.now = 9
    with sessions.using("b"):
        assert not handle.closed
    clock.now = 11
    with sessions.using("b"):
        assert handle.closed
    assert "a" not in sessions


def test_the_longest_unused_go_first_when_there_are_too_many():
    sessions = Sessions(Handle)
    for number in range(MOST + 5):
        with sessions.using(str(number)):
            pass
    assert "0" not in sessions
    assert str(MOST + 4) in sessions


def test_a_session_in_use_is_never_closed():
    clock = Clock()
    sessions = Sessions(Handle, clock)
    with sessions.using("a") as handle:
        clock.now = 10_000
        for number in range(MOST + 5):
            with sessions.using(str(number)):
                pass
        assert not handle.closed


def test_a_second_request_waits_for_the_first_and_gives_up(monkeypatch):
    monkeypatch.setattr(module, "WAIT_S", 0.01)
    sessions = Sessions(Handle)
    refused = []

    def second():
        try:
            with sessions.using("a"):
                refused.append(False)
        except SessionBusy:
            refused.append(True)

    with sessions.using("a"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert refused == [True]
    with sessions.using("a"):
        pass


def test_an_error_gives_the_session_back():
    sessions = Sessions(Handle)
    with pytest.raises(ZeroDivisionError), sessions.using("a"):
        raise ZeroDivisionError
    with sessions.using("a"):
        pass
