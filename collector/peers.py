"""Several processes on one port: whichever of them is asked answers for all of them."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

PATIENCE_S = 2.0
OWN = "own"
"""`?own=1`: asks one process for itself only."""


@dataclass(frozen=True, slots=True)
class Peers:
    """The other processes of this collector: their own address by worker."""

    worker: str
    others: Mapping[str, str]

    async def ready(self, own: dict[str, Any]) -> dict[str, Any]:
        """Return the readiness of all: true when all are ready that answer, `lag` unknown when one does not."""
        statuses = {self.worker: own}
        for worker, answer in (await self._ask("/ready")).items():
            statuses[worker] = answer.json() if answer is not None else {"ready": None, "lag": None, "idle_s": 0.0, "checks": {}}
        checks = {
            f"{name} of worker {worker}": said for worker, status in sorted(statuses.items()) for name, said in status["checks"].items()
        }
        checks |= {f"worker {worker}": "does not answer" for worker, status in statuses.items() if status["ready"] is None}
        lags = [status["lag"] for status in statuses.values()]
        return {
            "ready": all(status["ready"] is not False for status in statuses.values()),
            "lag": None if None in lags else sum(lags),
            "idle_s": min(status["idle_s"] for status in statuses.values()),
            "checks": checks,
        }

    async def metrics(self, own: str) -> bytes:
        """Return the metrics of all, each sample with the label `worker`."""
        texts = {self.worker: own}
        texts |= {worker: answer.text for worker, answer in (await self._ask("/metrics")).items() if answer is not None}
        registry = CollectorRegistry()
        registry.register(_Together(texts))
        return generate_latest(registry)

    async def _ask(self, path: str) -> dict[str, httpx2.Response | None]:
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:

            async def one(address: str) -> httpx2.Response | None:
                try:
                    return await client.get(f"{address}{path}", params={OWN: "1"})
                except httpx2.HTTPError:
                    return None

            answers = await asyncio.gather(*map(one, self.others.values()))
        return dict(zip(self.others, answers, strict=True))


class _Together(Collector):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterator[Metric]:
        """Yield every metric once, with the samples of every worker."""
        families: dict[str, Metric] = {}
        for worker, text in sorted(self._texts.items()):
            for family in text_string_to_metric_families(text):
                together = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    together.samples.append(sample._replace(labels={**sample.labels, "worker": worker}))
        yield from families.values()
