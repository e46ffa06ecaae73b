"""A client that sends events all the time and, as an SDK would, sends each again until it is answered 200."""

import base64
import threading
import time
import uuid
from typing import Self

import httpx2


class Sender:
    """Sends page views of a few visitors in the background; `acknowledged` holds the ids that were answered 200."""

    def __init__(self, collector: str, *, site: str, key: str, visitors: int = 20) -> None:
        self.acknowledged: set[str] = set()
        self.refusals = 0
        self.site = site
        self._url = f"{collector}/v1/batch"
        self._headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
        self._visitors = visitors
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(60)

    def _run(self) -> None:
        number = 0
        with httpx2.Client(timeout=10) as client:
            while not self._stopped.is_set():
                batch = [self._message(number + index) for index in range(5)]
                number += len(batch)
                if self._deliver(client, batch):
                    self.acknowledged.update(message["messageId"] for message in batch)
                self._stopped.wait(0.02)

    def _deliver(self, client: httpx2.Client, batch: list[dict[str, object]]) -> bool:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                answer = client.post(self._url, json={"batch": batch}, headers=self._headers)
            except httpx2.HTTPError:
                self.refusals += 1
            else:
                if answer.status_code == 200:
                    assert answer.json()["accepted"] == len(batch), answer.text
                    return True
                assert answer.status_code == 503, answer.text
                self.refusals += 1
            time.sleep(0.2)
        return False

    def _message(self, number: int) -> dict[str, object]:
        page = {"url": f"https://shop.example/products/{number % 7}"}
        return {
            "type": "page",
            "messageId": str(uuid.uuid4()),
            "anonymousId": f"visitor-{number % self._visitors}",
            "context": {"page": page},
        }
