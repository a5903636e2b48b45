"""What is said of a command whose program is not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.haproxy import files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_program_that_lies_elsewhere_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "haproxy"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    told = "`haproxy -c` cannot be run: haproxy is not on the PATH of this login (/nowhere)"
    monkeypatch.setattr(files, "_ELSEWHERE", str(tmp_path / "not"))
    assert files.cannot_run(["haproxy", "-c"]) == told
    monkeypatch.setattr(files, "_ELSEWHERE", str(tmp_path))
    assert files.cannot_run(["haproxy", "-c"]) == f"{told}; it lies at {program}: write the whole path"
