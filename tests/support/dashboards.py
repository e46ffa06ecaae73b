"""Dashboards as Grafana would ask for them, and a line's metrics as Prometheus would have them."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parent.parent.parent
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
BEFORE, AFTER = 16, 8
"""Scrapes of 15 s at which a sample stands as it was before and after; rates over two minutes see the step at five minutes."""

Samples = Mapping[str, float]


class Query(NamedTuple):
    """One question of one panel; `sql` or else PromQL."""

    panel: str
    text: str
    sql: bool


def queries() -> Iterator[Query]:
    """Yield what every panel asks."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                name = f"{path.stem}: {panel['title']} {target['refId']}"
                yield Query(name, target.get("rawSql") or target["expr"], "rawSql" in target)


def promql(text: str) -> str:
    """Return a question with Grafana's variables replaced."""
    return text.replace("$__rate_interval", "2m")


def statement(text: str, site: str) -> str:
    """Return a question to the store with Grafana's macros and the site replaced, over all of today."""
    text = text.replace("${site:sqlstring}", f"'{site}'")
    text = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 >= now() - INTERVAL 1 DAY AND \1 <= now() + INTERVAL 1 DAY", text)
    return re.sub(r"\$__timeInterval\((\w+)\)", r"toStartOfInterval(toDateTime(\1), INTERVAL 60 second)", text)


def samples(part: str, text: str) -> dict[str, float]:
    """Return the samples of a part's `/metrics` by series, with the labels that the scrape adds."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = {**sample.labels, "job": "footprint", "part": part, "instance": f"{part}:1"}
            named = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
            found[f"{sample.name}{{{named}}}"] = sample.value
    return found


def unanswered(promtool: str, folder: Path, *, before: Samples, after: Samples, asked: Sequence[str]) -> list[str]:
    """Return those questions that Prometheus' own engine has no answer to, over a step from one scrape to the other."""
    series = [{"series": name, "values": _values(before.get(name), value)} for name, value in after.items()]
    file = folder / "panels.yml"
    if _answered(promtool, file, series, asked):
        return []
    return [question for question in asked if not _answered(promtool, file, series, [question])]


def _answered(promtool: str, file: Path, series: Sequence[Mapping[str, str]], asked: Sequence[str]) -> bool:
    there = [{"labels": "{}", "value": 1}]
    tests = [{"expr": f"count({question}) > bool 0", "eval_time": "5m", "exp_samples": there} for question in asked]
    content: dict[str, Any] = {"tests": [{"interval": "15s", "input_series": list(series), "promql_expr_test": tests}]}
    file.write_text(yaml.safe_dump(content), "utf-8")
    return subprocess.run([promtool, "test", "rules", file], capture_output=True).returncode == 0


def _values(before: float | None, after: float) -> str:
    first = "_" if before is None else _number(before)
    return " ".join([first] * BEFORE + [_number(after)] * AFTER)


def _number(value: float) -> str:
    return "NaN" if value != value else f"{value:.6f}"  # noqa: PLR0124 - only NaN is not itself
