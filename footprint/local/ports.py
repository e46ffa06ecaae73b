"""Ports of this machine's loopback address."""

import socket

from schemas.errors import Misconfigured

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when a server could listen on the port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free for servers
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def require_free(port: int, *, what: str, setting: str, host: str = LOOPBACK) -> None:
    """Raise Misconfigured, naming the setting to change, when the port is taken."""
    if not is_free(port, host):
        raise Misconfigured(f"Port {port} for {what} is taken. Stop what listens there, or set {setting} to another port.")
