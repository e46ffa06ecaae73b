"""What the processes of a running `footprint up` spend: cores and memory by part, its children included."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from footprint.parts.run_file import read_run

PARTS = {"clickhouse": "store"}
"""Names of parts that are called otherwise here; workers count for their part."""


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU seconds so far and resident bytes, by part, at a moment of the monotonic clock."""

    at: float
    cpu_s: Mapping[str, float]
    memory: Mapping[str, int]

    def cores_since(self, before: "Sample") -> dict[str, float]:
        """Return how many cores each part has used since."""
        took = self.at - before.at
        return {name: (spent - before.cpu_s.get(name, 0.0)) / took for name, spent in self.cpu_s.items()}


@dataclass(slots=True)
class Watched:
    """The parts of a line, looked at from outside."""

    pids: Mapping[str, int]
    _processes: dict[int, psutil.Process] = field(default_factory=dict)

    def sample(self) -> Sample:
        """Look at every process now."""
        cpu: dict[str, float] = {}
        memory: dict[str, int] = {}
        for name, pid in self.pids.items():
            part = PARTS.get(name, name.partition("-")[0])
            for process in self._tree(pid):
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    cpu[part] = cpu.get(part, 0.0) + times.user + times.system
                    memory[part] = memory.get(part, 0) + process.memory_info().rss
        return Sample(time.monotonic(), cpu, memory)

    def terminate(self, name: str) -> None:
        """Ask a part to end."""
        psutil.Process(self.pids[name]).terminate()

    def age(self, name: str) -> float:
        """Return for how many seconds the process of a part has run."""
        return time.time() - psutil.Process(self.pids[name]).create_time()

    def _tree(self, pid: int) -> list[psutil.Process]:
        root = self._processes.setdefault(pid, psutil.Process(pid))
        with suppress(psutil.NoSuchProcess):
            return [root, *root.children(recursive=True)]
        return []


def watched(line) -> Watched:
    """Return the parts of a running line (`footprint.demo.line.Line`)."""
    return Watched(read_run(line.data_dir).pids)
