"""What is shipped: the committed files are fresh, typed, complete, and importable on a server and in a page."""

import json
import shutil
import subprocess

import pytest

from tests.js_snippet.recording import DIST

FOLDER = DIST.parent
needs_npm = pytest.mark.skipif(
    shutil.which("npm") is None or not (FOLDER / "node_modules").is_dir(),
    reason="the snippet's build needs Node 18 and `npm ci` in js-snippet; the built files are committed",
)


def run(*command, **options):
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_npm
def test_the_committed_files_are_what_the_source_builds_and_fit_their_sizes_and_types():
    assert "fp.js" in run("npm", "run", "--silent", "check")


@needs_npm
def test_the_package_holds_every_file_that_it_exports_and_no_other_code():
    told = json.loads(run("npm", "pack", "--dry-run", "--json", "--loglevel=silent"))
    [package] = told if isinstance(told, list) else told.values()
    shipped = {file["path"] for file in package["files"]}
    assert shipped == {"package.json", "README.md", "types/index.d.ts"} | {
        f"dist/{name}" for name in ("fp.js", "fp.full.js", "fp.mjs", "fp.full.mjs", "integrity.json")
    }
    exports = json.loads((FOLDER / "package.json").read_text())["exports"]
    targets = [target for entry in exports.values() for target in (entry.values() if isinstance(entry, dict) else [entry])]
    assert {target.removeprefix("./") for target in targets} <= shipped


@needs_npm
def test_on_a_server_the_module_can_be_imported_and_called():
    script = "import('./dist/fp.mjs').then(({default: footprint}) => { footprint('track', 'one'); console.log('fine') })"
    assert run("node", "--input-type=module", "-e", script) == "fine\n"


@pytest.mark.browser
def test_in_a_page_the_module_reports_like_the_plain_file(page, site, endpoint):
    site.pages["/module"] = (
        f"<!doctype html><title>module</title><script type=module>import footprint from '{endpoint.address}/fp.mjs';"
        f"footprint('track', 'early'); footprint('init', {{key: 'KEY', collector: '{endpoint.address}'}}); footprint('track', 'one')</script>"
    )
    page.goto(f"{site.address}/module")
    endpoint.wait(lambda: "one" in [event.get("event") for event in endpoint.events])
    assert [event["type"] for event in endpoint.events] == ["page", "track", "track"]
