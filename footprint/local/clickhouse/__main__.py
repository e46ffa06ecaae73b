"""`python -m footprint.local.clickhouse --path FOLDER --port N --secrets FOLDER`: the local ClickHouse."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

import uvicorn

from footprint.local.clickhouse.app import build
from footprint.local.clickhouse.authentication import ANALYST, PIPELINE, Users
from footprint.local.clickhouse.engine import Engine
from footprint.local.ports import LOOPBACK, require_free
from footprint.local.secrets import password_of
from schemas.errors import Misconfigured

STOP_S = 5


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m footprint.local.clickhouse", description="A local ClickHouse on loopback.")
    parser.add_argument("--path", type=Path, required=True, help="folder of its data")
    parser.add_argument("--port", type=int, required=True, help=f"port on {LOOPBACK}")
    parser.add_argument("--secrets", type=Path, required=True, help="folder of the users' passwords, made on first use")
    given = parser.parse_args()
    os.environ["TZ"] = "UTC"  # as on a server: times are UTC unless a column says otherwise
    time.tzset()
    try:
        require_free(given.port, what="ClickHouse", setting="FOOTPRINT_LOCAL_CLICKHOUSE_PORT")
        given.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        users = Users({user: password_of(given.secrets, user) for user in (PIPELINE, ANALYST)})
        os.chdir(given.path)
        engine = Engine()
    except Misconfigured as error:
        sys.exit(f"footprint: {error}")
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops on it and then raises it again: this is the end of it
    uvicorn.run(
        build(engine, users),
        host=LOOPBACK,
        port=given.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOP_S,
        timeout_keep_alive=60,
    )


if __name__ == "__main__":
    main()
