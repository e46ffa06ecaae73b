"""The image's health check."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from footprint.deploy.ready import trouble
from footprint.local.ports import free_port


@pytest.fixture
def part():
    """A part whose `/ready` is 200 and everything else 503."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ready" else 503)
            self.end_headers()
            self.wfile.write(b'{"checks": {"kafka": "away"}}')

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_ready_part_is_well(part):
    assert trouble({"READY_URL": f"{part}/ready"}) == ""


def test_what_is_wrong_is_what_the_part_says(part):
    assert "away" in trouble({"READY_URL": f"{part}/busy"})


def test_a_part_that_does_not_answer_is_not_well():
    assert "READY_URL" in trouble({"READY_URL": f"http://127.0.0.1:{free_port()}/ready"})


def test_no_file_is_read_for_an_address():
    assert "Write it as" in trouble({"READY_URL": "file:///etc/passwd"})


def test_the_exit_code_is_what_docker_looks_at(part):
    environment = {"READY_URL": f"{part}/ready"}
    assert subprocess.run([sys.executable, "-m", "footprint.deploy.ready"], env=environment).returncode == 0
    environment["READY_URL"] = f"{part}/busy"
    assert subprocess.run([sys.executable, "-m", "footprint.deploy.ready"], env=environment, capture_output=True).returncode == 1
