"""Files of a commit, byte for byte, from a local clone. The only place of the gate that runs git.

Plumbing alone: no work tree, no filters (``core.autocrlf`` changes what a checkout holds, and with it every hash), no
network (a blob that a partial clone lacks is an error with the command that brings it), no replaced objects.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEADLINE = 20.0  # seconds; a look into a local clone takes milliseconds
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_FILE_MODES = {b"100644", b"100755"}


@dataclass
class Repository:
    """A clone, bare or not. What was read once is kept: blobs and trees never change."""

    path: str
    _blobs: dict[str, bytes] = field(default_factory=dict)
    _trees: dict[str, dict[str, str]] = field(default_factory=dict)
    _heads: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def commit(self, name: str) -> str:
        """Return the full id of a commit. Raises RefusedError, with the command to fetch it, when it is not there."""
        found = self.trees([name], "").get(name)
        if found is None:
            raise RefusedError(f"the clone {self.path} has no commit {name}: fetch it first ({self.fetch(name)})")
        return found[0]

    def fetch(self, name: str) -> str:
        """Return the command that brings a commit."""
        return f"git -C {self.path} fetch origin {name}"

    def trees(self, commits: Sequence[str], directory: str) -> dict[str, tuple[str, str]]:
        """Return (commit, tree of the directory) of every commit that is here; tree "" where it has no directory.

        One process for any number of commits. A commit that is missing is left out.
        """
        for name in commits:
            if not is_commit(name):
                raise ConfigError(f"{name!r} is not a commit's id: 7 to 64 hexadecimal digits are")
        folder = self._folder(directory)
        wanted = [name for name in commits if (name, folder) not in self._heads]
        if wanted:
            self._look_up(wanted, folder)
        return {name: self._heads[name, folder] for name in commits if (name, folder) in self._heads}

    def _look_up(self, commits: Sequence[str], folder: str) -> None:
        asked = [line for name in commits for line in (f"{name}^{{commit}}", f"{name}^{{commit}}:{folder}")]
        lines = self._git("cat-file", "--batch-check=%(objectname) %(objecttype)", lines=asked).decode().splitlines()
        for name, commit, tree in zip(commits, lines[::2], lines[1::2], strict=True):
            head, kind = commit.rsplit(" ", 1)
            if kind == "commit":
                under = tree.split(" ")
                self._heads[name, folder] = (head, under[0] if under[-1] == "tree" else "")

    def files(self, tree: str) -> dict[str, bytes]:
        """Return every regular file under a tree, by its path inside. Raises UnreachableError for what is not here."""
        if not tree:
            return {}
        if tree not in self._trees:
            self._trees[tree] = self._listing(tree)
        wanted = self._trees[tree]
        missing = sorted(set(wanted.values()) - self._blobs.keys())
        if missing:
            self._blobs |= self._read(missing)
        return {path: self._blobs[blob] for path, blob in wanted.items()}

    def _folder(self, directory: str) -> str:
        folder = directory.strip("/")
        if ".." in folder.split("/") or "\n" in folder or folder.startswith((":", "-")):
            raise ConfigError(f"the directory of the migrations {directory!r} must be a path inside the repository")
        return folder.removeprefix("./").rstrip(".") if folder == "." else folder.removeprefix("./")

    def _listing(self, tree: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self._git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
            if not entry:
                continue
            about, path = entry.split(b"\t", 1)
            mode, _, blob = about.split(b" ")
            if mode in _FILE_MODES:
                found[path.decode("utf-8", "surrogateescape")] = blob.decode()
        return found

    def _read(self, blobs: Sequence[str]) -> dict[str, bytes]:
        out = self._git("cat-file", "--batch", lines=blobs)
        found: dict[str, bytes] = {}
        at = 0
        for blob in blobs:
            end = out.index(b"\n", at)
            header = out[at:end].split(b" ")
            if header[-1] == b"missing":
                raise self._partial()
            size = int(header[2])
            found[blob] = out[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found

    def _git(self, *words: str, lines: Sequence[str] = ()) -> bytes:
        if not Path(self.path).is_dir():
            raise ConfigError(f"there is no clone at {self.path}: correct deployment_source.repository")
        argv = ["git", "-C", self.path, *words]
        try:
            done = subprocess.run(
                argv,
                input="".join(f"{line}\n" for line in lines).encode(),
                capture_output=True,
                timeout=DEADLINE,
                env=_environment(os.environ),
                check=False,
            )
        except FileNotFoundError as error:
            raise ConfigError("git is not installed where this runs: install it") from error
        except subprocess.TimeoutExpired as error:
            raise UnreachableError(f"git did not answer within {DEADLINE:g} s in {self.path}") from error
        if done.returncode:
            raise self._told(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def _partial(self) -> FailbackError:
        return UnreachableError(
            f"the clone {self.path} lacks the content of files: it is a partial clone. Complete it first"
            f" (git -C {self.path} fetch --refetch --no-filter origin)"
        )

    def _told(self, said: str) -> FailbackError:
        if "dubious ownership" in said:
            step = f"git config --global --add safe.directory {self.path}"
            return ConfigError(f"git will not read {self.path}, which belongs to another user: allow it ({step})")
        if "promisor remote" in said:
            return self._partial()
        if "not a git repository" in said:
            return ConfigError(f"{self.path} is not a clone: correct deployment_source.repository")
        return FailbackError(f"git failed in {self.path}: {said.splitlines()[-1] if said else 'no word why'}")


def is_commit(name: str) -> bool:
    """Whether it is written as a commit's id; branches and tags move, so they are none."""
    return _COMMIT.fullmatch(name) is not None


def _environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would point git elsewhere (a hook's GIT_DIR), and forbid it the network and replaced objects."""
    kept = {name: value for name, value in outer.items() if not name.startswith("GIT_")}
    quiet = {"GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0"}
    return kept | quiet | {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C"}
