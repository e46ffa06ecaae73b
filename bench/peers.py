"""Other trackers' npm builds, fetched once by their exact content, bundled to plain files for `python -m bench snippet`."""

import base64
import hashlib
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "peers"
ESBUILD = ROOT / "js-snippet" / "node_modules" / ".bin" / "esbuild"


@dataclass(frozen=True, slots=True)
class Peer:
    """A package at one version; `file` is its tracker, `entry` the module that starts it, `tag` its script element."""

    name: str
    package: str
    sha512: str
    file: str
    entry: str
    tag: str


PEERS = (
    Peer(
        "plausible 0.4.6",
        "@plausible-analytics/tracker@0.4.6",
        "nbu6xGgSP6jeYuoVklZBzucUnIpo75tVu3Kr+R0EDycVKaMC/jF5Q/YCaM/8gR4fPZ1IDcXt6FdBJFZ1uZwEPA==",
        "package/plausible.js",
        'window.__plausible = true; import { init, track } from "./TRACKER"; window.trackOne = () => track("one", { props: { n: "1" } });'
        'init({ domain: "shop", endpoint: "/api/event", captureOnLocalhost: true, outboundLinks: true, fileDownloads: true, formSubmissions: true });',
        '<script defer src="{file}"></script>',
    ),
    Peer(
        "umami 2.10.0",
        "umami@2.10.0",
        "+lmrnV0751R6U2rkIgVAlE1nWI7yZawlMlJDguW9tlFacCKhnGeCyc7tCMIhNNYIiGIQy4DEX5IzJhm4b3+dPA==",
        "package/src/tracker/index.js",
        'import "./TRACKER"; window.trackOne = () => umami.track("one", { n: "1" });',
        '<script defer src="{file}" data-website-id="shop"></script>',
    ),
)


def built(peer: Peer) -> bytes:
    """Return a peer as one minified file; raises RuntimeError when its package is not the one that was measured before."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / hashlib.sha256(peer.package.encode()).hexdigest()[:12]
    source = folder / Path(peer.file).name
    if not source.exists():
        folder.mkdir(exist_ok=True)
        _fetch(peer, source)
    entry = folder / "entry.js"
    entry.write_text(peer.entry.replace("TRACKER", source.name), "utf-8")
    command = [str(ESBUILD), str(entry), "--bundle", "--minify", "--format=iife", "--target=es2018"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _fetch(peer: Peer, target: Path) -> None:
    command = ["npm", "pack", peer.package, "--silent", "--pack-destination", str(target.parent)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    archive = target.parent / name
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != peer.sha512:
        raise RuntimeError(f"{peer.package} is not the package that bench/peers.py names. Look why before you measure it.")
    with tarfile.open(archive) as tar:
        member = tar.extractfile(peer.file)
        assert member is not None
        target.write_bytes(member.read())
    archive.unlink()
