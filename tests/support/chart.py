"""The Helm chart as it is rendered: `helm` itself, built once from its pinned module."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "footprint"
EXAMPLES = sorted(path.stem for path in (CHART / "examples").glob("*.yaml"))
KUBERNETES = "1.36.0"
"""A helm without a cluster must be told what it renders for."""
Manifest = dict[str, Any]


@cache
def helm() -> str:
    """Return the path of helm, built now if need be."""
    done = subprocess.run([ROOT / "deploy" / "tools" / "build", "helm"], stdout=subprocess.PIPE, text=True, check=True, timeout=3000)
    return done.stdout.strip()


def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run helm over the chart; returns what it said and its exit code."""
    return subprocess.run([helm(), *arguments, "--kube-version", KUBERNETES], cwd=CHART, capture_output=True, text=True)


def values_of(example: str) -> list[str]:
    """Return the options that give helm an example's values."""
    return ["-f", f"examples/{example}.yaml"]


@cache
def rendered(example: str) -> tuple[Manifest, ...]:
    """Return the manifests of an example, as a release `shop` in a namespace `web`."""
    done = run_helm("template", "shop", ".", "-n", "web", *values_of(example))
    assert done.returncode == 0, done.stderr
    return tuple(found for found in yaml.safe_load_all(done.stdout) if found)


def of_kind(example: str, *kinds: str) -> dict[str, Manifest]:
    """Return the manifests of these kinds by kind and name."""
    return {f"{one['kind']} {one['metadata']['name']}": one for one in rendered(example) if one["kind"] in kinds}


def pods(example: str) -> dict[str, Manifest]:
    """Return the pod templates by the part that runs in them."""
    owners = of_kind(example, "Deployment", "StatefulSet", "Job").values()
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"]["template"] for one in owners}
