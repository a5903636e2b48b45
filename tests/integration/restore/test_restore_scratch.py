"""A scratch server on this machine's Docker: started, restored into, removed; a stranger's container is left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import scratch_mysql
from failback.errors import FailbackError, RefusedError
from failback.mysql import Server
from failback.restore import scratch

OPTIONS = ("--innodb-buffer-pool-size=64M", "--lower-case-table-names=1")


def test_a_scratch_server_comes_and_goes(tmp_path: Path) -> None:
    name = f"rrt-scratch-{tmp_path.name[-12:].replace('_', '-')}"
    with scratch.running(name, scratch_mysql.image(), tmp_path, options=OPTIONS) as made:
        with Server.connect(made.login) as link:
            assert link.number("SELECT @@lower_case_table_names") == 1
        assert (scratch.free(name) or 0) > 0
        assert (tmp_path / f"{name}.password").stat().st_mode & 0o777 == 0o600
        told = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=True).stdout
        assert made.login.password().decode() not in told
    assert scratch.remove(name) is False


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    name = f"rrt-stranger-{tmp_path.name[-12:].replace('_', '-')}"
    argv = [
        "docker",
        "run",
        "-d",
        "--name",
        name,
        "--label",
        "rr.test=1",
        "--entrypoint",
        "sleep",
        scratch_mysql.image(),
        "60",
    ]
    subprocess.run(argv, capture_output=True, check=True)
    try:
        with pytest.raises(RefusedError, match="left alone"):
            scratch.remove(name)
        with pytest.raises(FailbackError):
            scratch.make(name, scratch_mysql.image(), tmp_path)
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
