"""One of several collector processes: `python -m footprint.parts.collector_worker`, started by collector_workers.py."""

import argparse
import socket
import sys

from collector.peers import Peers
from footprint.parts.collector import Place, serve
from footprint.settings import current
from schemas.errors import Misconfigured, Retryable


def main() -> None:
    """Serve on the sockets that the parent holds."""
    parser = argparse.ArgumentParser(prog="python -m footprint.parts.collector_worker", description="One collector process of several.")
    for name, meaning in (("--worker", "its number"), ("--public", "descriptor of the port"), ("--private", "descriptor of its own")):
        parser.add_argument(name, type=int, required=True, help=meaning)
    parser.add_argument("--peers", required=True, help="number=address,... of all workers")
    given = parser.parse_args()
    others = dict(pair.split("=", 1) for pair in given.peers.split(","))
    del others[str(given.worker)]
    sockets = (socket.socket(fileno=given.public), socket.socket(fileno=given.private))
    try:
        serve(current(), Place(given.worker, sockets, Peers(str(given.worker), others)))
    except (Misconfigured, Retryable) as error:
        sys.exit(f"footprint: {error}")


if __name__ == "__main__":
    main()
