"""A repository whose commits grow by one real migration each, and a database in which some of them were applied.

The material is Drizzle's own (tests/fixtures/migrations). Commits are made by git plumbing, so that their bytes are the
files' bytes whatever git is configured to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MATERIAL = Path(__file__).resolve().parents[2] / "fixtures" / "migrations"
ROWS: dict[str, list[dict[str, Any]]] = json.loads((MATERIAL / "rows.json").read_text(encoding="utf-8"))
BREAKPOINT = "--> statement-breakpoint"


@dataclass
class Clone:
    """A bare repository; ``commits`` in the order they were made."""

    path: Path
    commits: list[str] = field(default_factory=list)

    def commit(self, files: Mapping[str, bytes]) -> str:
        """Make a commit of exactly these files, on top of the last one."""
        if not self.path.exists():
            self._git("init", "-q", "--bare", str(self.path), at=self.path.parent)
        index = {"GIT_INDEX_FILE": str(self.path / f"index-{len(self.commits)}")}
        for name, content in files.items():
            blob = self._git("hash-object", "-w", "--stdin", given=content)
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", env=index)
        tree = self._git("write-tree", env=index)
        parents = ["-p", self.commits[-1]] if self.commits else []
        who = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_AUTHOR_DATE": "1700000000 +0000"}
        who |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in who.items()}
        self.commits.append(self._git("commit-tree", tree, *parents, "-m", f"step {len(self.commits)}", env=who))
        return self.commits[-1]

    def _git(
        self, *words: str, given: bytes = b"", env: Mapping[str, str] | None = None, at: Path | None = None
    ) -> str:
        done = subprocess.run(
            ["git", "-C", str(at or self.path), *words],
            input=given,
            capture_output=True,
            check=True,
            env={**os.environ, **(env or {})},
        )
        return done.stdout.decode().strip()


def material(name: str, steps: int = 3) -> dict[str, bytes]:
    """Return a folder's files as they were after so many steps, by their path in the repository."""
    place = MATERIAL / name
    found = {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}
    if "meta/_journal.json" not in found:
        kept = sorted({path.split("/")[0] for path in found})[:steps]
        return {f"drizzle/{path}": content for path, content in found.items() if path.split("/")[0] in kept}
    journal = json.loads(found["meta/_journal.json"])
    journal["entries"] = journal["entries"][:steps]
    numbers = tuple(f"{number:04d}_" for number in range(steps))
    kept_files = {path: content for path, content in found.items() if path.rsplit("/", 1)[-1].startswith(numbers)}
    kept_files["meta/_journal.json"] = json.dumps(journal, indent=2).encode()
    return {f"drizzle/{path}": content for path, content in kept_files.items()}


def clone(path: Path, name: str, steps: Sequence[int] = (1, 2, 3)) -> Clone:
    """Make a repository with one commit for each number of steps."""
    made = Clone(path)
    for number in steps:
        made.commit(material(name, number))
    return made


def files_of(name: str) -> list[tuple[str, bytes]]:
    """Return the SQL files in their order."""
    return [(path, content) for path, content in sorted(material(name).items()) if path.endswith(".sql")]


def statements(content: bytes) -> list[str]:
    """Cut a file as Drizzle does."""
    return [one for one in content.decode().split(BREAKPOINT) if one.strip()]


def sha256(content: bytes) -> str:
    """Return the hash that Drizzle writes."""
    return hashlib.sha256(content).hexdigest()
