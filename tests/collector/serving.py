"""A collector on a port of its own, in the test's event loop, over either of its two transports."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager, contextmanager, nullcontext

import uvicorn

from collector.fast import fast_protocol
from collector.guard import Guarded, watch

PEER = ("198.51.100.77", 4711)
TRANSPORTS = ("asgi", "fast")


class _FromAfar:
    """A connection that seems to come from the internet."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self.client = PEER


class _Server(uvicorn.Server):
    def capture_signals(self):
        return nullcontext()

    async def main_loop(self):
        self.stopped = asyncio.Event()
        await self.stopped.wait()

    async def shutdown(self, sockets=None):
        """Stop as uvicorn does, without its tenths of seconds."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._wait_tasks_to_complete()
        await self.lifespan.shutdown()


def protocol_of(app, transport):
    base = Guarded if transport == "asgi" else fast_protocol(app.ingest)
    return type("Protocol", (_FromAfar, base), {})


@asynccontextmanager
async def serving(app, transport):
    """Serve until the block ends; yields the port."""
    options = {"proxy_headers": False, "server_header": False, "date_header": False, "access_log": False}
    config = uvicorn.Config(app, http=protocol_of(app, transport), ws="none", lifespan="on", log_config=None, **options)
    config.timeout_graceful_shutdown = 2
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(config)
        task = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(10):
            while not server.started:
                assert not task.done()
                await asyncio.sleep(0.002)
        watching = asyncio.create_task(watch(server.server_state.connections))
        try:
            yield listener.getsockname()[1]
        finally:
            watching.cancel()
            server.stopped.set()
            await task


@contextmanager
def serving_in_a_thread(app, transport="fast"):
    """The same for tests without an event loop."""
    started, asked, ports = threading.Event(), [], []

    async def serve():
        asked.append((asyncio.get_running_loop(), asyncio.Event()))
        async with serving(app, transport) as port:
            ports.append(port)
            started.set()
            await asked[0][1].wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(20)
        yield ports[0]
    finally:
        loop, ended = asked[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
