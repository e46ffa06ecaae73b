"""What comes from npm is what was looked at: its sums are written down, and every file is named."""

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "console" / "static" / "vendor"
LOCK = json.loads((FOLDER / "vendor.json").read_text())


def test_every_vendored_file_has_the_sum_that_is_written_down():
    written = {file: sum_ for package in LOCK.values() for file, sum_ in package["files"].items()}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir() if path.name != "vendor.json"}
    assert found == written


def test_every_package_has_its_version_its_integrity_and_its_licence():
    for name, package in LOCK.items():
        assert package["version"], name
        assert package["integrity"].startswith("sha512-"), name
        assert package["license"], name
