from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from test_plan import SITE

from rollback_runner.errors import SiteError, UsageError
from rollback_runner.site import gate

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.site.site import Site


def site(path: Path) -> Site:
    return replace(SITE, variables={"db": {"db_idc": {"password_file": str(path)}}})


def test_a_good_secret_file_passes(tmp_path: Path) -> None:
    path = tmp_path / "pw"
    path.write_text("secret", encoding="utf-8")
    path.chmod(0o600)
    gate.check(site(path))


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [(None, 0, "cannot be read (No such file"), ("", 0o600, "is empty"), ("x", 0o644, "is open to others (mode 0644)")],
)
def test_a_bad_secret_file_is_named(tmp_path: Path, text: str | None, mode: int, problem: str) -> None:
    path = tmp_path / "pw"
    if text is not None:
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    with pytest.raises(SiteError) as caught:
        gate.check(site(path))
    assert caught.value.problems[0].startswith(f"db: db_idc.password_file: {path} {problem}")


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="is not on this machine: ssh"):
        gate.check(SITE)
