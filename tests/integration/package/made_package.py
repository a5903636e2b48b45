"""Wheel and sdist as a packager makes them, and an environment of one Python with nothing in it but the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
VERSIONS = ("3.11", "3.12", "3.13")
# What the tests need beside the package; pytest's plugins are not loaded by name but found.
FOR_TESTS = ("pytest", "pytest-xdist", "hypothesis", "openapi-core", "selenium")


def clean_environment(**more: str) -> dict[str, str]:
    """Leave out whatever would lead a Python or a command back into this checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RR_", "PYTHON", "ANSIBLE"))}
    kept.pop("VIRTUAL_ENV", None)
    return kept | {"LANG": "C.UTF-8"} | more


def tracked_copy(target: Path) -> Path:
    """Copy what git has or would take: the tree as a fresh clone has it, without its history."""
    argv = ["git", "-C", str(PROJECT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, place = PROJECT / name, target / name
        if source.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place)
    return target


def build(source: Path, target: Path, kind: str) -> Path:
    """Build a wheel or an sdist of a folder with the builder that is here: one of its own would take long to fetch."""
    argv = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(target), str(source)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=clean_environment())
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return max(target.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def interpreters() -> dict[str, str]:
    """Find a Python of each version: PYTHONS (paths or names) if set, else what is on PATH or kept by pyenv.

    A name that is found and does not start (as pyenv's shims do) counts as missing.
    """
    given = os.environ.get("PYTHONS", "").split()
    kept = sorted(Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/3.*/bin/python"))
    found: dict[str, str] = {}
    for candidate in given or [*(f"python{version}" for version in VERSIONS), sys.executable, *map(str, kept)]:
        argv = [candidate, "-c", "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            found.setdefault(done.stdout.strip(), candidate)
    return found


@dataclass(frozen=True)
class Installed:
    """The wheel, installed alone; `home` is an empty place outside of any checkout."""

    venv: Path
    home: Path

    @property
    def python(self) -> str:
        return str(self.venv / "bin" / "python")

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.venv / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return clean_environment(RR_HOME=str(self.home), PATH=path)

    def run(self, *argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.venv / "bin" / argv[0]), *argv[1:]],
            cwd=cwd or self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def content(self) -> Path:
        """Where the Ansible project lies in it."""
        done = self.run("python", "-c", "from rollback_runner.content import ROOT; print(ROOT)")
        return Path(done.stdout.strip())

    def as_project(self, target: Path) -> Path:
        """Lay out the installed package as a checkout has it, so that the tests of the tree find what they test."""
        target.mkdir()
        content = self.content()
        for part in content.iterdir():
            (target / part.name).symlink_to(part)
        (target / "rollback_runner").symlink_to(content.parent)
        shutil.copytree(PROJECT / "tests", target / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROJECT / "pyproject.toml", target)
        return target


def install(python: str, wheel: str, place: Path) -> Installed:
    """Make an environment and install the wheel into it."""
    home = place / "home"
    home.mkdir(parents=True)
    made = Installed(place / "venv", home)
    subprocess.run([python, "-m", "venv", str(made.venv)], check=True, env=clean_environment())
    argv = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    done = made.run(*argv)
    assert done.returncode == 0, done.stderr[-3000:]
    return made
