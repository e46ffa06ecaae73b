"""The console's process."""

import subprocess
import sys
import urllib.error
import urllib.request

from footprint.local.ports import free_port
from tests.support.waiting import eventually

PROGRAM = "from footprint.cli import main; main()"


def lives(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/live", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def test_it_ends_well_when_it_is_told_to_stop(tmp_path):
    port = free_port()
    told = {
        "FOOTPRINT_CONSOLE_PORT": str(port),
        "FOOTPRINT_CLICKHOUSE_URL": f"http://analyst@127.0.0.1:{free_port()}/footprint",
        "FOOTPRINT_DATA_DIR": str(tmp_path),
    }
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "console"], env=told, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: lives(port), 60)
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
