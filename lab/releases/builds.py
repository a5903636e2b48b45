"""Each release as an image, made from its commit, and brought into every web host's own engine."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands import run
from lab.progress import step
from lab.releases.containers import docker
from lab.releases.repository import files
from lab.releases.topology import LABEL, WEB

if TYPE_CHECKING:
    from lab.releases.applications import Application, Release

NAME = "rr-lab-releases"
# BuildKit's plugin is no part of the lab; the engine's own builder needs no registry for an image that is here.
FILE = """FROM {base}
COPY app /app
LABEL {label}=1
USER shop
ENTRYPOINT ["tini", "--", "python3", "/app/server.py"]
"""
SECONDS = 300.0


def build_id(commit: str) -> str:
    """Give what the answers of a release carry."""
    return commit[:12]


def up(application: Application, base: str, commits: dict[str, str]) -> dict[str, str]:
    """Build what is missing; return each release's image id, as `sha256:...`."""
    return {release.name: _image(application, release, base, commits[release.name]) for release in application.releases}


def _image(application: Application, release: Release, base: str, commit: str) -> str:
    content = {name: raw for name, raw in files(application, release).items() if name.startswith("app/")}
    build = {"build": build_id(commit), "release": release.name}
    content["app/build.json"] = (json.dumps(build) + "\n").encode()
    told = FILE.format(base=base, label=LABEL)
    digest = hashlib.sha256(told.encode())
    for name in sorted(content):
        digest.update(name.encode() + content[name])
    tag = f"{NAME}-{application.name}:{release.name}-{digest.hexdigest()[:12]}"
    if not docker("images", "--quiet", tag).strip():
        with tempfile.TemporaryDirectory() as folder, step(f"Building {application.name} {release.name}"):
            for name, raw in {**content, "Dockerfile": told.encode()}.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(raw)
            run(["env", "DOCKER_BUILDKIT=0", "docker", "build", "--quiet", "--tag", tag, folder], timeout=SECONDS)
    return docker("image", "inspect", "--format", "{{.Id}}", tag).strip()


def load(images: dict[str, str]) -> None:
    """Bring the images into the web hosts' engines, where they are missing."""
    for host in WEB:
        there = set(docker("exec", host.container, "docker", "images", "--quiet", "--no-trunc").split())
        missing = [image for image in images.values() if image not in there]
        if missing:
            with step(f"Loading {len(missing)} images into {host.name}", announce=True):
                script = f"docker save {' '.join(missing)} | docker exec --interactive {host.container} docker load"
                run(["sh", "-c", script], timeout=SECONDS)
