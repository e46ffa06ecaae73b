"""The real collector in a thread, over a publisher that only records: for what page and collector settle between them."""

import threading

import uvicorn

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.sites import SiteRules
from tests.collector.recording import RecordingPublisher
from tests.js_snippet.recording import SNIPPET
from tests.support.waiting import eventually

KEYS = (b"a key of the tests",)


class Collector:
    """A running collector whose one site has the key `KEY` and keys for cookies."""

    def __init__(self):
        self.publisher = RecordingPublisher()
        config = CollectorConfig(sites={"KEY": SiteRules("site", cookie_keys=KEYS)}, partitions=2, snippet=SNIPPET)
        app = create_app(config, self.publisher)
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        eventually(lambda: self._server.started)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def close(self):
        """Stop and wait for the end."""
        self._server.should_exit = True
        self._thread.join()

    def named(self, name):
        """The stored events of one name or kind, each once, in order of arrival."""
        found = {event["event_id"]: event for event in self.publisher.stored if name in (event.get("name"), event["kind"])}
        return list(found.values())

    def wait_for(self, name, count=1):
        """Wait for so many events of a name or kind and return them."""
        eventually(lambda: len(self.named(name)) >= count)
        return self.named(name)
