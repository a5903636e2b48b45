"""The application's source as a git repository: a commit for each release, by fixed authors at fixed times.

The same source gives the same commits, so a release can be named by its commit in the inventory's examples.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.releases.topology import SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from lab.releases.applications import Application, Release
    from lab.releases.topology import Paths


# Files of the server that every release has.
COMMON = ("server.py", "database.py")
JOURNAL = "meta/_journal.json"


def files(application: Application, release: Release) -> dict[str, bytes]:
    """Give every file of a release's commit, by its path."""
    server = SOURCE / "server"
    found = {f"app/{name}": (server / name).read_bytes() for name in COMMON}
    found["app/orders.py"] = (server / f"orders_{release.orders}.py").read_bytes()
    found["schema.ts"] = (application.source / "schema" / f"{release.name}.ts").read_bytes()
    take = _folders if application.folders else _journalled
    return found | {f"drizzle/{name}": raw for name, raw in take(application.source / "drizzle", release).items()}


def _folders(drizzle: Path, release: Release) -> dict[str, bytes]:
    """Give the migrations of a release in drizzle's layout since 1.0: a folder each."""
    folders = sorted(path for path in drizzle.iterdir() if path.is_dir())[: release.migrations]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for folder in folders for path in folder.iterdir()}


def _journalled(drizzle: Path, release: Release) -> dict[str, bytes]:
    """Give the migrations of a release in drizzle's layout before 1.0: files, and a journal that names them."""
    journal = json.loads((drizzle / JOURNAL).read_text(encoding="utf-8"))
    journal["entries"] = journal["entries"][: release.migrations]
    found: dict[str, bytes] = {}
    for entry in journal["entries"]:
        # The migration, its reversal with the review, and the snapshot.
        snapshot = f"meta/{entry['idx']:04d}_snapshot.json"
        found |= {path.name: path.read_bytes() for path in drizzle.glob(f"{entry['tag']}.*")}
        found[snapshot] = (drizzle / snapshot).read_bytes()
    # As drizzle-kit writes it: it has no line's end.
    found[JOURNAL] = json.dumps(journal, indent=2).encode()
    return found


def up(paths: Paths, application: Application) -> dict[str, str]:
    """Make the repository anew; return each release's commit. Raises LabError with what git said."""
    root = paths.repository(application.name)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    _git(root, "init", "--quiet", "--initial-branch", "main")
    commits: dict[str, str] = {}
    for release in application.releases:
        _write(root, files(application, release))
        _git(root, "add", "--all")
        _git(root, "commit", "--quiet", "--message", release.message, release=release)
        commits[release.name] = _git(root, "rev-parse", "HEAD")
    return commits


def commits(paths: Paths, application: Application) -> dict[str, str]:
    """Read each release's commit."""
    found = _git(paths.repository(application.name), "rev-list", "--reverse", "main").split()
    return {release.name: commit for release, commit in zip(application.releases, found, strict=True)}


def _write(root: Path, content: dict[str, bytes]) -> None:
    for left in root.iterdir():
        if left.name != ".git":
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    for name, raw in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(raw)


def _git(root: Path, *words: str, release: Release | None = None) -> str:
    """Run git with nobody's own settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    if release is not None:
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {
                f"GIT_{role}_NAME": release.author,
                f"GIT_{role}_EMAIL": f"{release.author.lower()}@example.org",
                f"GIT_{role}_DATE": release.when,
            }
    done = subprocess.run(
        ["git", "-C", str(root), "-c", "core.autocrlf=false", *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LabError(f"`git {' '.join(words[:2])}` failed: {done.stderr.strip()}")
    return done.stdout.strip()
