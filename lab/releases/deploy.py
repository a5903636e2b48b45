"""What lies on the web hosts: three releases, the third of them live, as whoever deploys would have left it.

The form of it all stands in plugins/module_utils/failback/deployment/compose/__init__.py.
"""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from string import Template
from typing import TYPE_CHECKING

from lab.files import write
from lab.releases import builds, identity
from lab.releases.applications import BAD, SHOP
from lab.releases.containers import docker
from lab.releases.topology import DB, DIRECTORY, SOURCE, WEB

if TYPE_CHECKING:
    from pathlib import Path

    from lab.releases.applications import Release
    from lab.releases.topology import Host, Paths

ENVIRONMENT = ("SHOP_DB_HOST", "SHOP_DB_NAME", "SHOP_DB_USER")
SECONDS = 120.0


def release_id(release: Release, commit: str) -> str:
    """Name a release as its directory is named."""
    return f"{release.when[:10].replace('-', '')}-{commit[:7]}"


def identifiers(commits: dict[str, str]) -> dict[str, str]:
    """Give each release's id."""
    return {release.name: release_id(release, commits[release.name]) for release in SHOP.releases}


def write_all(paths: Paths, commits: dict[str, str], images: dict[str, str], owner: int) -> None:
    """Write both hosts' directories anew: all that a run left there goes."""
    for host in WEB:
        folder = paths.host(host, "srv-shop")
        folder.mkdir(parents=True, exist_ok=True)
        # The folder itself stays: it is mounted.
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        _write(folder, paths, commits, images)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


def _write(folder: Path, paths: Paths, commits: dict[str, str], images: dict[str, str]) -> None:
    ids = identifiers(commits)
    history, before = [], ""
    for release in SHOP.releases:
        own = folder / "releases" / ids[release.name]
        image, commit = images[release.name], commits[release.name]
        told = {
            "format": 1,
            "id": ids[release.name],
            "created": release.when,
            "build": builds.build_id(commit),
            "target": "production",
            "images": {"web": image},
            "commit": commit,
            "ref": "main",
            "message": release.message,
            "author": release.author,
            "unsound": "",
            "environment": list(ENVIRONMENT),
            "crons": [],
        }
        write(own / "release.json", json.dumps(told, indent=2) + "\n")
        form = Template((SOURCE / "templates" / "compose.yml").read_text(encoding="utf-8"))
        write(own / "compose.yml", form.substitute(image=image))
        write(own / ".env", "")
        line = {"time": release.served, "id": ids[release.name], "from": before, "kind": "promote"}
        history.append(json.dumps(line | {"by": release.author, "reason": "release"}))
        before = ids[release.name]
    write(folder / "served.jsonl", "\n".join(history) + "\n")
    (folder / "current").symlink_to(f"releases/{ids[BAD]}")
    host = {"SHOP_DB_HOST": DB.address, "SHOP_DB_USER": "shop_app", "SHOP_DB_NAME": SHOP.schema}
    write(folder / "host.env", "".join(f"{name}={value}\n" for name, value in host.items()))
    write(folder / "secrets" / "db_password", identity.read(paths, "shop_app") + "\n", mode=0o600)
    write(folder / "secrets" / "ca.pem", (paths.ca / "ca.pem").read_bytes())


def clear() -> None:
    """Stop and remove whatever runs in the hosts' engines."""

    def one(host: Host) -> None:
        script = "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force"
        docker("exec", host.container, "sh", "-c", script)

    _each(one)


def start(release: str) -> None:
    """Start a release (its id) on both hosts, as compose is called by whoever deploys."""
    folder = f"{DIRECTORY}/releases/{release}"
    compose = ["docker", "compose", "--project-name", SHOP.name, "--project-directory", folder]
    compose += ["--file", f"{folder}/compose.yml", "--env-file", f"{folder}/.env"]
    compose += ["--env-file", f"{DIRECTORY}/host.env", "up", "--detach", "--no-build", "--pull", "never"]

    def one(host: Host) -> None:
        docker("exec", "--user", "ops", host.container, *compose, "--remove-orphans", seconds=SECONDS)

    _each(one)


def _each(act: object) -> None:
    assert callable(act)
    with ThreadPoolExecutor(len(WEB)) as pool:
        for done in [pool.submit(act, host) for host in WEB]:
            done.result()
