import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lab import engine, options, ready, status, wheels
from lab.docker_api import ContainerSpec
from lab.errors import LabError
from lab.files import rewrite, write
from lab.hosts import builder_spec, mysql_spec
from lab.images import Images
from lab.paths import LabPaths

SPEC = ContainerSpec(name="x", image="i:1", command=("true",), host="h", kind="k")
IMAGES = Images(host="rr-lab-host:1", mysql="rr-lab-mysql:1", users={})


def test_spec_digest_changes_with_any_part() -> None:
    assert SPEC.digest() == replace(SPEC).digest()
    assert SPEC.digest() != replace(SPEC, mounts=(("/a", "/b", "ro"),)).digest()
    assert SPEC.digest() != replace(SPEC, environment=(("A", "1"),)).digest()


def test_builder_has_an_address_of_its_own_and_no_shared_socket(tmp_path: Path) -> None:
    server = mysql_spec(LabPaths(tmp_path), IMAGES, "rds", tmp_path / "data")
    builder = builder_spec(server, "b", ("--x",))
    assert (server.beside, server.address) == ("rr-aws-rds", None)
    assert (builder.beside, builder.address) == ("", "")
    assert builder.command[-1] == "--x"
    assert "/run/mysqld" not in {mount[1] for mount in builder.mounts}


def test_options_are_kept_for_the_next_command(tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    assert options.settle(paths) == options.Options()
    assert options.settle(paths, rows=1000).rows == 1000
    assert options.settle(paths, read_only_delay=1.0) == options.Options(rows=1000, read_only_delay=1.0)


def test_write_leaves_no_scratch_file_behind(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "file", "text", mode=0o600)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]


def test_rewrite_keeps_the_inode_a_mount_points_at(tmp_path: Path) -> None:
    path = tmp_path / "file"
    rewrite(path, "one")
    before = path.stat().st_ino
    rewrite(path, "two")
    assert (path.stat().st_ino, path.read_text()) == (before, "two")


def test_wheels_are_for_the_images_glibc_and_older() -> None:
    tags = wheels.platforms("x86_64")
    assert tags[0] == "manylinux_2_36_x86_64"
    assert "manylinux_2_37_x86_64" not in tags
    assert tags[-1] == "manylinux2014_x86_64"


def test_wait_for_says_who_was_silent_and_why() -> None:
    def refuse() -> str:
        raise ConnectionRefusedError("refused")

    with pytest.raises(LabError, match=r"The door does not answer after 0 s: refused"):
        ready.wait_for("The door", 0, refuse)


def test_an_engine_that_answers_needs_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/docker" if name == "docker" else None)
    assert engine.missing_packages(engine_answers=True) == ["mmdebstrap"]
    assert engine.missing_packages(engine_answers=False) == ["docker.io", "mmdebstrap"]


def test_without_root_the_command_to_run_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match=r"As root: apt-get install docker.io"):
        engine.install(["docker.io"])


def test_table_names_what_is_not_well() -> None:
    parts = [
        status.Part("rr-a", "a", "192.0.2.1", "running", answers=True, answer="OpenSSH"),
        status.Part("a-mysql", "a", "192.0.2.1", "exited", answers=None, answer=""),
        status.Part("a-web", "a", "192.0.2.1", "running", answers=False, answer="refused"),
    ]
    text = status.table(parts)
    assert text.splitlines()[-1] == "1 of 3 well. Not well: a-mysql, a-web"
    assert "NO: refused" in text
