"""A small bundle with a program of ours in it that only says its name: quick to make, whole to install."""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rollback_runner.bundle import make as making
from rollback_runner.bundle import own, wheels
from rollback_runner.site.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pytest

    from rollback_runner.bundle.wheels import Target

SECRET = "k3y/With+Odd=Signs9"
VERSION = "9.8.7"
_INFO = f"rollback_runner-{VERSION}.dist-info"


@dataclass
class Bench:
    """A home with a site in it, and how a bundle of it is made."""

    home: Path
    site: Site

    def asked(self, *, signer: str = "", sign: Callable[[bytes], bytes] | None = None) -> making.Asked:
        targets = [wheels.Target(wheels.own_python(), glibc_minor=17)]

        def books() -> dict[str, str]:
            return {"runbook.en.md": "by hand\n"}

        return making.Asked(
            self.site,
            self.home,
            self.home / "out",
            targets,
            books,
            lambda _line: None,
            signer=signer,
            sign=sign,
        )

    def make(self) -> making.Made:
        return making.make(self.asked())


def bench(home: Path, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, object] | None = None) -> Bench:
    """Lay out a site with a secret beside its inventory, one in it, and one where nobody would look for it."""
    directory = home / "inventories" / "shop"
    (directory / "group_vars").mkdir(parents=True)
    (home / "secrets").mkdir()
    password = home / "secrets" / "idc"
    password.write_text(SECRET + "\n")
    (directory / "hosts.yml").write_text("all:\n")
    (directory / "group_vars" / "all.yml").write_text("site_name: shop\n")
    (directory / "group_vars" / "leaked.yml").write_text(f"note: {SECRET}\n")
    (directory / "group_vars" / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    (directory / "tsig.key").write_text("c2VjcmV0\n")
    (home / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "rds-ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    (elsewhere / "known_hosts").write_text("db1 ssh-ed25519 AAAA\n")
    host = {
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={elsewhere}/known_hosts",
        "db_idc": {"password_file": str(password), "ca_file": str(home / "ca.pem")},
        "db_aws": {"ca_file": str(elsewhere / "rds-ca.pem")},
        **(variables or {}),
    }
    secret_files = (str(password), str(directory / "tsig.key"))
    site = Site(
        "shop", directory, {}, critical=True, strategy="switch-first", budgets={}, timezone="UTC",
        groups={"databases": ("shop-db",)}, variables={"shop-db": host}, secret_files=secret_files,
    )  # fmt: skip
    monkeypatch.setattr(own, "wheel", plain_wheel)
    monkeypatch.setattr(wheels, "fetch", _fetch)
    return Bench(home, site)


def plain_wheel(folder: Path) -> Path:
    """Write a wheel of a program with our name that only says its version."""
    folder.mkdir(parents=True)
    path = folder / f"rollback_runner-{VERSION}-py3-none-any.whl"
    files = {
        "rollback_runner/__init__.py": "",
        "rollback_runner/cli.py": f"def main():\n    print('rollback-runner, version {VERSION}')\n",
        f"{_INFO}/METADATA": f"Metadata-Version: 2.1\nName: rollback-runner\nVersion: {VERSION}\nProvides-Extra: lab\n"
        "Provides-Extra: postgresql\n",
        f"{_INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_INFO}/entry_points.txt": "[console_scripts]\nrollback-runner = rollback_runner.cli:main\n",
    }
    record = [f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items()]
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{_INFO}/RECORD": "".join(record)}.items():
            wheel.writestr(name, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _fetch(_wanted: Sequence[str], folder: Path, _target: Target) -> None:
    """Take the pip that this Python carries, so that no registry is asked."""
    bundled = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    kept = bundled or sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"))
    assert kept, f"{sys.executable} carries no pip"
    shutil.copy(kept[-1], folder)
