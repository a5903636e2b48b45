from dataclasses import replace
from pathlib import Path

import pytest

from lab import images
from lab.errors import LabError


def test_digest_names_the_recipe() -> None:
    assert images.HOST.tag == f"rr-lab-host:{images.HOST.digest()}"
    assert images.HOST.digest() == replace(images.HOST).digest()


@pytest.mark.parametrize(
    "changed",
    [
        replace(images.HOST, packages=(*images.HOST.packages, "socat")),
        replace(images.HOST, suite="trixie"),
        replace(images.HOST, hooks=()),
        replace(images.HOST, users=("ops",)),
    ],
)
def test_any_change_of_the_recipe_changes_its_tag(changed: images.Recipe) -> None:
    assert changed.tag != images.HOST.tag


def test_build_command_takes_the_mirror_it_is_given_and_old_lists() -> None:
    command = images.build_command(images.MYSQL, "http://mirror.example.org/debian", Path("x.tar"))
    assert command[-3:] == ["sid", "x.tar", "http://mirror.example.org/debian"]
    assert '--aptopt=Acquire::Check-Valid-Until "false"' in command
    assert "--include=mysql-client,mysql-server,tini,zstd" in command


def test_mirror_is_what_apt_says_and_not_the_security_one(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = "http://mirror.example.org/debian-security/\nhttp://mirror.example.org/debian/\n"
    monkeypatch.setattr(images, "run", lambda _argv: listing)
    assert images.debian_mirror() == "http://mirror.example.org/debian/"


def test_no_mirror_is_said_with_the_next_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "run", lambda _argv: "")
    with pytest.raises(LabError, match="apt-get update"):
        images.debian_mirror()


def test_no_mirror_address_is_written_in_the_lab() -> None:
    for path in Path(images.__file__).parent.rglob("*.py"):
        assert "deb.debian" not in path.read_text(encoding="utf-8"), path
