"""The script inside a bundle: it installs where no registry answers, and says in one sentence why it does not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bundles_of_tests import VERSION

from rollback_runner.archive import container
from rollback_runner.bundle import make as making
from rollback_runner.bundle import manifest as manifests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bundles_of_tests import Bench

# A namespace of its own without any network: not even this machine answers there.
ALONE = ["unshare", "--map-root-user", "--net"]


def _install(
    bundle: Path, place: Path, *words: str, alone: bool = False, language: str = "C", script_of: Path | None = None
) -> tuple[int, str, str]:
    subprocess.run(["tar", "-xf", str(script_of or bundle), "-C", str(place.parent), "install"], check=True)
    argv = [sys.executable, "-I", str(place.parent / "install"), str(bundle), str(place), *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "RR_"))}
    done = subprocess.run(
        [*(ALONE if alone else []), *argv],
        env=kept | {"LC_ALL": language},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _again(path: Path, **changed: object) -> Path:
    """Write the bundle again, its manifest saying something else."""
    with path.open("rb") as source:
        members = container.members(source, making.MEMBERS)
        content = {name: container.content(source, members[name]) for name in making.MEMBERS}
    told = replace(manifests.decode(content[container.MANIFEST]), **changed)  # type: ignore[arg-type]
    with path.open("wb") as target:
        for name in making.MEMBERS:
            container.add(target, name, manifests.encode(told) if name == container.MANIFEST else content[name])
        target.write(container.END)
    return path


def test_it_installs_without_a_network(shop: Bench, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    alone = subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    code, said, wrong = _install(shop.make().path, place, alone=alone)
    assert (code, wrong) == (0, "")
    assert f"version {VERSION} in {place}" in said
    assert f"  {place}/secrets/idc\n" in said
    assert (place / "ca.pem").is_file()
    assert (place / "inventories" / "shop" / "hosts.yml").is_file()
    done = subprocess.run([str(place / "rollback-runner")], capture_output=True, text=True, check=True)
    assert VERSION in done.stdout
    assert "no-index = true" in (place / "venv" / "pip.conf").read_text()


def test_a_directory_with_something_in_it_is_left_alone(shop: Bench, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    place.mkdir()
    (place / "mine").write_text("mine")
    code, _said, wrong = _install(shop.make().path, place)
    assert code == 2
    assert "is not empty; nothing was installed" in wrong
    assert [one.name for one in place.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        ({"pythons": ("3.99",)}, 2, "the bundle was made for 3.99"),
        ({"machine": "s390x"}, 2, "the bundle was made for s390x"),
        ({"glibc_minor": 99}, 2, "the bundle needs 2.99 or newer"),
        ({"unpacked": 1 << 60}, 1, "are needed; nothing was installed. Make room"),
        ({"record": "0" * 64}, 1, "record.tar.gz is not what was packed"),
        ({"install": "0" * 64}, 1, "install is not what was packed"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    shop: Bench, tmp_path: Path, changed: dict[str, object], code: int, sentence: str
) -> None:
    place = tmp_path / "installed"
    found, _said, wrong = _install(_again(shop.make().path, **changed), place)
    assert (found, wrong.count("\n")) == (code, 1)
    assert sentence in wrong
    assert not place.exists()


def test_a_file_that_is_not_what_was_packed_is_named(shop: Bench, tmp_path: Path) -> None:
    path = shop.make().path
    with path.open("rb") as source:
        told = manifests.decode(
            container.content(source, container.members(source, making.MEMBERS)[container.MANIFEST])
        )
    files = tuple(replace(one, sha256="0" * 64) if one.name.endswith("hosts.yml") else one for one in told.files)
    code, _said, wrong = _install(_again(path, files=files), tmp_path / "installed")
    assert code == 1
    assert "inventories/shop/hosts.yml is not what was packed" in wrong


def test_a_file_cut_off_is_no_bundle(shop: Bench, tmp_path: Path) -> None:
    whole = shop.make().path
    cut = tmp_path / "cut.bundle.tar"
    shutil.copy(whole, cut)
    with tarfile.open(whole) as outer:
        middle = outer.getmember("record.tar.gz")
    os.truncate(cut, middle.offset_data + middle.size // 2)
    code, _said, wrong = _install(cut, tmp_path / "installed", script_of=whole)
    assert code == 1
    assert "nothing was installed. Copy it here again" in wrong
    assert "Traceback" not in wrong


def test_what_fails_halfway_leaves_nothing_behind(shop: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> Path:
        folder.mkdir(parents=True)
        path = folder / f"rollback_runner-{VERSION}-py3-none-any.whl"
        path.write_bytes(b"no wheel")
        return path

    monkeypatch.setattr("rollback_runner.bundle.own.wheel", broken)
    place = tmp_path / "installed"
    code, _said, wrong = _install(shop.make().path, place)
    assert code == 1
    assert "nothing was left behind" in wrong
    assert not place.exists()


@pytest.fixture
def heard() -> Iterator[None]:
    """Let a child hear every signal: tests that a shell started in the background ignore SIGINT, and so would it."""
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    deaf = [one for one in ends if signal.getsignal(one) is signal.SIG_IGN]
    for one in deaf:
        signal.signal(one, signal.SIG_DFL)
    yield
    for one in deaf:
        signal.signal(one, signal.SIG_IGN)


@contextmanager
def _began(bundle: Path, place: Path, path: str = os.environ["PATH"]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Begin an installation, and go on as soon as a program that it started says which process it is."""
    subprocess.run(["tar", "-xf", str(bundle), "-C", str(place.parent), "install"], check=True)
    argv = [sys.executable, "-I", str(place.parent / "install"), str(bundle), str(place)]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(argv, text=True, env={**os.environ, "PATH": path, "LC_ALL": "C"}, **told) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.strip().isdigit(), process.communicate()
        try:
            yield process, int(said)
        finally:
            process.kill()
            with suppress(ProcessLookupError):
                os.kill(int(said), signal.SIGKILL)


def _pip_that_never_ends(_wanted: object, folder: Path, _target: object) -> None:
    """Stand in for pip: tells the installation's own caller which process it is, and stays."""
    program = """import os, signal
with open(f"/proc/{os.getppid()}/fd/1", "w") as told:
    told.write(f"{os.getpid()}\\n")
signal.pause()
"""
    with zipfile.ZipFile(folder / "pip-99-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pip/__main__.py", program)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_whatever_ends_it_halfway_leaves_nothing_behind(
    shop: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, *, existed: bool
) -> None:
    monkeypatch.setattr("rollback_runner.bundle.wheels.fetch", _pip_that_never_ends)
    place = tmp_path / "installed"
    if existed:
        place.mkdir()
    with _began(shop.make().path, place) as (process, child):
        assert (place / "venv").is_dir()
        process.send_signal(number)
        _said, wrong = process.communicate()
        assert not Path(f"/proc/{child}").exists()
    assert (process.returncode, wrong) == (130, "Interrupted; nothing was left behind. Run the same command again.\n")
    assert place.exists() == existed
    assert not existed or list(place.iterdir()) == []


@pytest.mark.usefixtures("heard")
def test_a_signal_while_the_images_are_loaded_leaves_nothing_behind_either(shop: Bench, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text("#!/bin/sh\necho $$ > /proc/$PPID/fd/1\nexec sleep infinity\n")
    (tools / "docker").chmod(0o755)
    bundle = _again(shop.make().path, images=(manifests.Image("shop:1", "sha256:1", "images/shop.tar"),))
    place = tmp_path / "installed"
    with _began(bundle, place, f"{tools}:{os.environ['PATH']}") as (process, child):
        assert (place / "rollback-runner").is_file()
        process.terminate()
        _said, wrong = process.communicate()
        assert not Path(f"/proc/{child}").exists()
    assert process.returncode == 130
    assert "nothing was left behind" in wrong
    assert not place.exists()


# In a process of its own: a test's worker has more threads than one, and any of them may be told of a signal.
JUST_BEGINNING = """
import os, signal, subprocess
from rollback_runner.bundle import install

class Beginning(subprocess.Popen):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)  # before anybody has been told of it

subprocess.Popen = Beginning
install.answer_endings(install.interrupted)
try:
    install.quiet(["sleep", "infinity"])
except install.EndedError:
    print("ended", signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""


def test_a_program_that_just_begins_when_it_is_ended_is_ended_too() -> None:
    argv = [sys.executable, "-c", JUST_BEGINNING]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    child, ended = done.stdout.splitlines()
    assert not Path(f"/proc/{child}").exists()
    assert ended == "ended set()"


def test_what_nohup_ignores_stays_ignored(shop: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback_runner.bundle.wheels.fetch", _pip_that_never_ends)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _began(shop.make().path, tmp_path / "installed") as (process, child):
            process.send_signal(signal.SIGHUP)
            # The end of what it waits for is what it sees, not the signal before it.
            os.kill(child, signal.SIGKILL)
            _said, wrong = process.communicate()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.returncode == 1
    assert "failed" in wrong


def test_who_asks_for_a_signature_gets_no_unsigned_bundle(shop: Bench, tmp_path: Path) -> None:
    (tmp_path / "allowed_signers").write_text("kim ssh-ed25519 AAAA\n")
    place = tmp_path / "installed"
    code, _said, wrong = _install(shop.make().path, place, "--signers", str(tmp_path / "allowed_signers"))
    assert code == 1
    assert "was signed by nobody" in wrong
    assert not place.exists()


def test_it_speaks_korean(shop: Bench, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    place.mkdir()
    (place / "mine").write_text("mine")
    _code, _said, wrong = _install(shop.make().path, place, language="ko_KR.UTF-8")
    assert "비어 있지 않아" in wrong
