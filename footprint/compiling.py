"""The streams' cores become machine code: `python -m footprint.compiling`, which `make setup` runs."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import schemas
from streams.compiled import PACKAGE, home_of, shelf, sources

LIBRARY = "streams_core"
KEPT = 8
"""Compilations that are kept: working copies that share an environment have one each."""

SCRIPT = """
import sys
from mypyc.build import mypycify
from setuptools import setup

flags = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--cache-dir=cache"]
modules = mypycify([*flags, *sys.argv[2:]], group_name=sys.argv[1], debug_level="0")
setup(name=sys.argv[1], packages=[], ext_modules=modules, script_args=["-q", "build_ext", "--build-lib", "built"])
"""


def compile_cores() -> Path:
    """Compile the cores unless that has been done, and return where they are. Raises CalledProcessError with the compiler's words.

    A copy is compiled: an edit meanwhile makes nothing that pretends to be the edited source.
    """
    shelf().mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shelf(), prefix=".") as folder:
        copy = Path(folder, PACKAGE.name)
        shutil.copytree(PACKAGE, copy)
        home = home_of(copy)
        if home.is_dir():
            return home
        shutil.copytree(Path(schemas.__file__).parent, Path(folder, "schemas"))
        names = [f"{PACKAGE.name}/core/{name}" for name in sources(copy)]
        command = [sys.executable, "-c", SCRIPT, LIBRARY, *names]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        Path(folder, "built").replace(home)
    _tidy()
    return home


def _tidy() -> None:
    compiled = [path for path in shelf().iterdir() if not path.name.startswith(".")]
    for old in sorted(compiled, key=os.path.getmtime)[:-KEPT]:
        shutil.rmtree(old)


def main() -> None:
    """Compile, or say why the cores stay plain Python. That is slower and nothing else, so it is no failure."""
    try:
        compile_cores()
    except subprocess.CalledProcessError as error:
        told = error.stderr.strip().splitlines() or error.stdout.strip().splitlines() or ["the compiler said nothing"]
        advice = "Install a C compiler and the headers of this Python, and run `make setup` again."
        sys.stderr.write(f"The streams run as plain Python, with half as much CPU again: {told[-1]}\n{advice}\n")


if __name__ == "__main__":
    main()
