"""The image: built, and the whole line run from it, as its user without rights on a read-only root.

A Docker engine builds it where one answers. Where none does, the Dockerfile's own steps are done one by one in folders and
chroots, which needs root. The base is a Debian made by debootstrap: no image is fetched.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.report import Report
from tests.chaos.image_line import Image, Line
from tests.support.containers import engine_answers
from tests.support.dockerfile import Build, Stage
from tests.support.servers import LocalClickHouse, LocalKafka, running

ROOT = Path(__file__).parents[2]
BASE = ROOT / ".cache" / "debian-python"
PACKAGES = "python3,python3-venv,python3-dev,gcc,libc6-dev,ca-certificates"
LIMIT = 10**9
TAG = "footprint:chaos"


def run() -> bool:
    """Build it and run the line in it; False when that fails or it is too large."""
    trouble = missing()
    if trouble:
        sys.stderr.write(f"image: {trouble}\n")
        return False
    make_base()
    report = Report("chaos-image", ["what", "seen", "must"])
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache", prefix="image-") as folder:
        by_engine = engine_answers()
        stage = by_docker(Path(folder)) if by_engine else Build(ROOT, BASE, Path(folder), {"BUILD_PACKAGES": ""}).run(dockerfile())
        report.row(
            "built", f"{'by a Docker engine' if by_engine else 'step by step, no engine answers'}, {time.monotonic() - begun:.0f} s", ""
        )
        kept = measured(report, stage) and lived(report, Path(folder), stage)
    report.note("Base: Debian made by debootstrap. Size: /opt/footprint and /app, which is what the image adds to its base.")
    report.finish()
    return kept


def dockerfile() -> str:
    """Return the Dockerfile."""
    return (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def missing() -> str:
    """Return why the image cannot be built here, empty when it can."""
    if os.getuid() or sys.platform != "linux":
        return "Building it needs root on Linux, for chroot. Run it as root, or in a machine of your own."
    if not BASE.is_dir() and shutil.which("debootstrap") is None:
        return "Its base is made by debootstrap, which is not here. Install it (Debian, Ubuntu: apt-get install debootstrap)."
    return ""


def make_base() -> None:
    """Make a small Debian with Python, once, from where this machine has its own packages from."""
    if BASE.is_dir():
        return
    sites = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True, check=True)
    scratch = BASE.with_name(f"{BASE.name}.{os.getpid()}")
    BASE.parent.mkdir(exist_ok=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(scratch), sites.stdout.split()[0]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    scratch.rename(BASE)


def by_docker(folder: Path) -> Stage:
    """Let the engine build the image, start it once, and take its files out of it."""
    piped = subprocess.Popen(["tar", "-C", BASE, "-c", "."], stdout=subprocess.PIPE)
    subprocess.run(["docker", "import", "-", "footprint-base:local"], stdin=piped.stdout, check=True)
    assert piped.wait() == 0
    arguments = ["--build-arg", "PYTHON_IMAGE=footprint-base:local", "--build-arg", "BUILD_PACKAGES="]
    subprocess.run(["docker", "build", "-q", "-t", TAG, "-f", "deploy/Dockerfile", *arguments, "."], cwd=ROOT, check=True)
    subprocess.run(["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", TAG, "--version"], check=True)
    return _taken_out(folder)


def _taken_out(folder: Path) -> Stage:
    told = json.loads(subprocess.run(["docker", "inspect", TAG], capture_output=True, text=True, check=True).stdout)[0]["Config"]
    made = subprocess.run(["docker", "create", TAG], capture_output=True, text=True, check=True).stdout.strip()
    root = folder / "root"
    root.mkdir()
    try:
        exported = subprocess.Popen(["docker", "export", made], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-C", root, "-x"], stdin=exported.stdout, check=True)
        assert exported.wait() == 0
    finally:
        subprocess.run(["docker", "rm", made], check=True, capture_output=True)
    environment = dict(pair.split("=", 1) for pair in told["Env"])
    health = told["Healthcheck"]["Test"][1:]
    return Stage(root, environment, {}, told["WorkingDir"], told["User"], [*told["Volumes"]], told["Entrypoint"], health)


def measured(report: Report, stage: Stage) -> bool:
    """Tell the size; False when it is over the limit."""
    du = subprocess.run(["du", "-sb", stage.root / "opt" / "footprint", stage.root / "app"], capture_output=True, text=True, check=True)
    size = sum(int(line.split()[0]) for line in du.stdout.splitlines())
    report.row("size", f"{size / 1e6:.0f} MB", "<= 1000 MB")
    return size <= LIMIT


def lived(report: Report, folder: Path, stage: Stage) -> bool:
    """Run the line from the image; False when a step fails."""
    with ExitStack() as stack:
        kafka = stack.enter_context(running(LocalKafka(folder / "kafka")))
        store = stack.enter_context(running(LocalClickHouse(folder / "clickhouse")))
        line = stack.enter_context(Line(Image(stage, folder), kafka.connection.bootstrap, store))
        well = True
        for what, seen, must in line.proved():
            report.row(what, seen, must)
            well = well and seen.startswith(must)
    return well
