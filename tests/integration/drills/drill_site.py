"""A copy of the lab's site with one thing broken, a home of its own, and what one command said about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import drill_run as run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).resolve().parents[3]
_LIMIT = 240.0  # seconds; a refusal takes a few, a whole phase about sixty


@dataclass(frozen=True)
class Said:
    """How the command ended, what it printed, and what its journal holds."""

    code: int
    out: str
    err: str
    journal: list[dict[str, Any]]

    @property
    def everything(self) -> str:
        return self.out + self.err

    @property
    def acts(self) -> list[str]:
        return [entry["act"] for entry in self.journal if entry["kind"] == "intent"]


class BrokenSite:
    """The lab as seen by somebody who got one value wrong. Its runs, and its lock, are its own."""

    def __init__(self, base: Path) -> None:
        self.home = base / "home"
        self.directory = base / "inventories" / "broken"
        self.home.mkdir()
        # Secrets and addresses are the lab's; the template is found beside the inventory, as in a checkout.
        (self.home / ".lab").symlink_to(run.HOME / ".lab")
        shutil.copytree(PROJECT / "inventories" / "lab", self.directory)
        (base / "lab").symlink_to(PROJECT / "lab")
        self.change("all", "site_name: lab", "site_name: broken")

    def change(self, group: str, old: str, new: str) -> None:
        """Replace a text that stands in the file exactly once ("hosts" is hosts.yml)."""
        path = self.directory / ("hosts.yml" if group == "hosts" else f"group_vars/{group}.yml")
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def secret(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file that stands in for a secret of the lab."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def __call__(self, *words: str) -> Said:
        """Run one command on this site, with no ssh connection of an earlier run to lean on."""
        # A socket's path may have 104 characters at most, less than the test's own directory takes.
        with tempfile.TemporaryDirectory(prefix="rr-cp-") as sockets:
            done = subprocess.run(
                [sys.executable, "-m", "rollback_runner", *words, "-i", str(self.directory)],
                capture_output=True,
                text=True,
                timeout=_LIMIT,
                cwd=PROJECT,
                env=self._environment(sockets),
                check=False,
                stdin=subprocess.DEVNULL,
            )
        return Said(done.returncode, done.stdout, done.stderr, list(self._entries()))

    def phase(self, *words: str) -> Said:
        return self("phase", "emergency", "--yes", *run.ALONE, "--lang", "en", *words)

    def _environment(self, sockets: str) -> Mapping[str, str]:
        return os.environ | {"RR_HOME": str(self.home), "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets, "COLUMNS": "100"}

    def _entries(self) -> Iterator[dict[str, Any]]:
        for journal in sorted((self.home / "runs").glob("*/journal.jsonl")):
            if not journal.parent.is_symlink():
                yield from (json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines())
