"""The program that is sent to a node, run by an interpreter that has nothing but the standard library."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from failback.errors import FailbackError
from failback.haproxy import agent, files, remote, runtime


def test_the_program_reports_in_an_isolated_interpreter() -> None:
    request = {"operation": "look", "socket": "/nowhere/admin.sock", "backend": "shop", "idc": ["a"], "aws": ["b"]}
    text = remote.program({**request, "note": 'it\'s "quoted" 한국어 \\'}, with_files=True)
    done = subprocess.run(remote.argv(sys.executable), input=text, capture_output=True, text=True, check=False)
    report = remote.report(done.returncode, "motd\n" + done.stdout, done.stderr, "here")
    assert "No such file" in report["problem"]


@pytest.mark.parametrize(("rc", "words"), [(124, "took too long"), (1, "ended with 1")])
def test_a_program_that_did_not_report_is_an_unknown_state(rc: int, words: str) -> None:
    with pytest.raises(FailbackError, match=words) as caught:
        remote.report(rc, "", "Traceback\nOSError: no space", "node lb1")
    assert "OSError: no space" in str(caught.value)


@pytest.mark.parametrize("module", [runtime, agent, files])
def test_what_runs_on_the_node_can_be_read_by_python_3_8(module: object) -> None:
    source = Path(str(module.__file__)).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    ast.parse(source, feature_version=(3, 8))
    assert "from __future__ import annotations" in source
