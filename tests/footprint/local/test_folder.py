"""What a data folder keeps: secrets, and a lock that goes with its holder."""

import multiprocessing
import signal
import subprocess
import sys

import pytest

from footprint.local.cache import cache_dir
from footprint.local.folder_lock import locked
from footprint.local.secrets import password_of, secret
from schemas.errors import Misconfigured
from tests.support.waiting import eventually

HOLD = "import sys; from pathlib import Path; from footprint.local.folder_lock import locked; f = locked(Path(sys.argv[1]), taken=''); print('held', flush=True); sys.stdin.read()"


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    folder = tmp_path / "secrets"
    made = password_of(folder, "pipeline")
    assert len(made) >= 40
    assert password_of(folder, "pipeline") == made
    assert password_of(folder, "analyst") != made
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_processes_that_start_together_get_the_same_secret(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.starmap(secret, [(tmp_path / "secrets", "key")] * 12))) == 1


def test_a_held_lock_refuses_with_the_given_message(tmp_path):
    with locked(tmp_path / "lock", taken="mine"), pytest.raises(Misconfigured, match="mine"):
        locked(tmp_path / "lock", taken="mine")
    locked(tmp_path / "lock", taken="mine").close()


def test_a_lock_is_free_again_after_kill_9(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Misconfigured):
            locked(tmp_path / "lock", taken="held")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    eventually(lambda: locked(tmp_path / "lock", taken="held", wait_s=5)).close()


def test_the_cache_is_the_users_own(tmp_path):
    assert cache_dir({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "footprint"
    assert cache_dir({"XDG_CACHE_HOME": "relative"}).parts[-2:] == (".cache", "footprint")
    assert cache_dir({}).parts[-2:] == (".cache", "footprint")
