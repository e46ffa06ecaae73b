"""Serve the demo shop: `python -m footprint.demo.shop --port 8002 --collector http://127.0.0.1:8000 --key demo`."""

import argparse
import signal
import sys

import uvicorn

from footprint.demo.shop.app import create_app


def main() -> None:
    """Serve until told to stop; SIGTERM and Ctrl-C end with exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m footprint.demo.shop", description="The demo shop.")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind to")
    parser.add_argument("--port", type=int, required=True, help="port to bind to")
    parser.add_argument("--collector", required=True, help="address of the collector, for example http://127.0.0.1:8000")
    parser.add_argument("--key", required=True, help="write key of the shop's site")
    parser.add_argument(
        "--profile", action="store_true", help="show first what a visitor likes; the site must list `interests` in me_fields"
    )
    given = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))  # uvicorn raises the signal again once it has stopped
    app = create_app(collector=given.collector, key=given.key, profile=given.profile)
    uvicorn.run(app, host=given.host, port=given.port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
