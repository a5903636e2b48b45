"""Files of a commit, with the real git: exact bytes, whatever git is told, and a sentence for what is missing."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from failback.deployment.migrations.repository import Repository
from failback.errors import ConfigError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

CRLF = b"ALTER TABLE a\r\n  ADD b int;\r\n"


def git(place: Path, *words: str) -> str:
    """Run git with a name of its own, and no settings but the repository's."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, "-C", str(place), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with two commits: one without migrations, one with two files."""
    place = tmp_path / "clone"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    (place / "README").write_text("x", encoding="utf-8")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "one")
    (place / "app" / "drizzle" / "deep").mkdir(parents=True)
    (place / "app" / "drizzle" / "0.sql").write_bytes(CRLF)
    (place / "app" / "drizzle" / "deep" / "ü.sql").write_bytes(b"\xff\x00")
    git(place, "-c", "core.autocrlf=false", "add", "-A")
    git(place, "commit", "-qm", "two")
    return place


def test_exact_bytes_of_a_commit(clone: Path) -> None:
    """No filter is applied, and the work tree is never looked at."""
    head, first = git(clone, "rev-parse", "HEAD"), git(clone, "rev-parse", "HEAD~1")
    git(clone, "config", "core.autocrlf", "true")
    (clone / "app" / "drizzle" / "0.sql").write_bytes(b"something else")
    repository = Repository(str(clone))
    trees = repository.trees([head, first, head[:10], "0" * 40], "/app/drizzle/")
    assert list(trees) == [head, first, head[:10]]
    assert trees[first] == (first, "")
    assert trees[head[:10]] == trees[head]
    assert repository.files(trees[head][1]) == {"0.sql": CRLF, "deep/ü.sql": b"\xff\x00"}
    assert repository.files("") == {}
    assert repository.commit(head[:12]) == head


def test_surroundings_change_nothing(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook's GIT_DIR and a replaced object do not reach it."""
    head, first = git(clone, "rev-parse", "HEAD"), git(clone, "rev-parse", "HEAD~1")
    git(clone, "replace", head, first)
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert Repository(str(clone)).trees([head], "app/drizzle")[head][1]


def test_what_is_missing_is_said_with_the_command(clone: Path, tmp_path: Path) -> None:
    """A commit, a clone, a name that moves."""
    repository = Repository(str(clone))
    with pytest.raises(RefusedError, match=f"git -C {clone} fetch origin {'e' * 40}"):
        repository.commit("e" * 40)
    for name in ("main", "-x", "HEAD~1", ""):
        with pytest.raises(ConfigError, match="is not a commit's id"):
            repository.trees([name], "")
    with pytest.raises(ConfigError, match="path inside the repository"):
        repository.trees(["e" * 40], "../other")
    with pytest.raises(ConfigError, match="there is no clone"):
        Repository(str(tmp_path / "none")).commit("e" * 40)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"is not a clone: correct deployment_source\.repository"):
        Repository(str(tmp_path / "empty")).commit("e" * 40)


def test_a_partial_clone_is_not_completed_behind_ones_back(clone: Path, tmp_path: Path) -> None:
    """What is not here is not fetched: the gate must work with the network gone."""
    head = git(clone, "rev-parse", "HEAD")
    git(clone, "config", "uploadpack.allowFilter", "true")
    part = tmp_path / "part"
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{clone}", str(part))
    repository = Repository(str(part))
    tree = repository.trees([head], "app/drizzle")[head][1]
    with pytest.raises(UnreachableError, match="partial clone"):
        repository.files(tree)
