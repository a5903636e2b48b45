"""Images of the engine here: their digests, and the images themselves in files, for a machine without a registry."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from rollback_runner.bundle.manifest import Image
from rollback_runner.content import home
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENCE = 900.0  # seconds for one image
_OF_THE_LAB = ("host", "mysql", "tools", "prometheus")


def of_the_lab() -> list[str]:
    """Name the images the lab is made of. Raises RunnerError when it was never up here."""
    kept = home() / ".lab" / "images.json"
    try:
        told = json.loads(kept.read_text(encoding="utf-8"))
        return [str(told[name]) for name in _OF_THE_LAB]
    except (OSError, ValueError, KeyError) as error:
        raise RunnerError(
            f"The lab's images are not known: {kept} is missing or not whole.", next_step="rollback-runner lab up"
        ) from error


def look(names: Sequence[str]) -> list[Image]:
    """Read the digest of each image. Raises RunnerError for one the engine does not have."""
    return [Image(name, _docker("image", "inspect", "--format", "{{.Id}}", name).strip()) for name in names]


def save(image: Image, folder: Path) -> tuple[Image, Path]:
    """Save one image to a file below ``folder``. Raises RunnerError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{image.name.replace('/', '_').replace(':', '_')}.tar"
    _docker("save", "--output", str(path), image.name)
    return Image(image.name, image.id, f"images/{path.name}"), path


def _docker(*arguments: str) -> str:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunnerError(f"docker {arguments[0]} could not be carried out: {error}.") from error
    if done.returncode != 0:
        raise RunnerError(
            f"docker {' '.join(arguments)} failed: {' '.join(done.stderr.split())}.", next_step="docker images"
        )
    return done.stdout
