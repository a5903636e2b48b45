"""Encrypted backups: the key at hand, missing, wrong; damage behind the encryption; restored as any other."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from failback.restore.recognise import read_backup
from failback.restore.source import open_source
from failback.restore.verify_manifest import write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chains import Past
    from failback.restore.model import Source
    from look_at import Looked

    Check = Callable[..., Looked]

SHOP = {"db_schemas": ["shop"]}
# gpg and openssl are on every Debian; age is tried where it is installed.
TOOLS = ["gpg", "openssl", *(["age"] if shutil.which("age") else [])]


class Safe:
    """Encrypts with one tool and knows its key."""

    def __init__(self, tool: str, folder: Path) -> None:
        self.tool, self.folder = tool, folder
        folder.mkdir(mode=0o700)
        self.key = folder / "key"
        self.made(self.key)

    def made(self, path: Path) -> Path:
        """Make a key or a password."""
        if self.tool == "age":
            subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
        else:
            path.write_text(f"{os.urandom(12).hex()}\n")
        path.chmod(0o600)
        return path

    def decrypt(self, key: Path | None = None) -> dict[str, Any]:
        """Write ``backup_decrypt`` for this tool."""
        name = "key_file" if self.tool == "age" else "password_file"
        return {self.tool: {name: str(key or self.key)}}

    def encrypt(self, text: bytes, target: Path) -> Path:
        argv = {
            "age": ["age", "-e", "-i", str(self.key)],
            "gpg": [
                *("gpg", "--batch", "--quiet", "--homedir", str(self.folder), "--symmetric"),
                *("--pinentry-mode", "loopback", "--passphrase-file", str(self.key)),
            ],
            "openssl": ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-salt", "-pass", f"file:{self.key}"],
        }[self.tool]
        done = subprocess.run(argv, input=text, check=True, capture_output=True)
        target.write_bytes(done.stdout)
        return target


@pytest.fixture(params=TOOLS)
def safe(request: pytest.FixtureRequest, tmp_path: Path) -> Safe:
    return Safe(request.param, tmp_path / "safe")


def source(path: Path) -> list[dict[str, Any]]:
    return [{"name": "nightly", "url": str(path)}]


def rows_of(backup: Source) -> bytes:
    """Everything a restore would load."""
    return b"".join(block for piece in read_backup(backup).pieces() for block in piece.blocks())


def test_with_its_key_it_is_read_to_its_end(past: Past, check: Check, safe: Safe, tmp_path: Path) -> None:
    path = safe.encrypt(gzip.compress(past.new.read_bytes()), tmp_path / "shop.sql.gz.enc")
    more = {"db_cutover_gtid": past.cutover, "backup_binlogs": {"url": str(past.binlogs)}}
    found = check(source(path), played=True, backup_decrypt=safe.decrypt(), **more, **SHOP)
    assert found.keys("blocker", "warning") == set(), found.findings
    told = found.source("nightly")
    assert (told["encrypted_with"], told["rows"], told["verdict"]) == ([safe.tool], 6010, "usable")
    opened, plain = open_source(str(path), decrypt=safe.decrypt()), open_source(str(past.new))
    assert rows_of(opened) == rows_of(plain)
    assert safe.key.read_text().strip().splitlines()[-1] not in found.stdout


def test_no_key_a_key_that_is_gone_and_a_wrong_one(past: Past, check: Check, safe: Safe, tmp_path: Path) -> None:
    path = safe.encrypt(gzip.compress(past.new.read_bytes()), tmp_path / "shop.sql.gz.enc")
    assert f"encrypted with {safe.tool}" in check(source(path), **SHOP).of("backup:nightly:damaged")["sentence"]
    other = "gpg" if safe.tool != "gpg" else "openssl"
    none = {other: {"password_file": str(safe.key)}}
    assert check(source(path), backup_decrypt=none, **SHOP).of("backup:nightly:key_missing")["severity"] == "blocker"
    gone = safe.decrypt(tmp_path / "gone")
    finding = check(source(path), backup_decrypt=gone, **SHOP).of("backup:nightly:key_missing")
    assert f"names {tmp_path / 'gone'}, which is not there" in finding["sentence"]
    wrong = safe.decrypt(safe.made(tmp_path / "wrong"))
    found = check(source(path), backup_decrypt=wrong, **SHOP)
    assert found.of("backup:nightly:key_wrong")["severity"] == "blocker"
    assert (tmp_path / "wrong").read_text().strip() not in str(found.findings)


def test_a_directory_of_encrypted_files_and_its_manifest(past: Past, check: Check, safe: Safe, tmp_path: Path) -> None:
    folder = tmp_path / "each"
    folder.mkdir()
    safe.encrypt(past.new.read_bytes(), folder / "shop.sql.enc")
    write_manifest(open_source(str(folder)), folder / "manifest.json")
    found = check(source(folder), backup_decrypt=safe.decrypt(), **SHOP)
    assert found.source("nightly")["vouched_by_manifest"] is True
    assert found.keys("blocker", "warning") == set()
    opened = open_source(str(folder), decrypt=safe.decrypt())
    write_manifest(opened, folder / "manifest.json")  # of what was encrypted, by its plain names
    assert check(source(folder), backup_decrypt=safe.decrypt(), **SHOP).source("nightly")["vouched_by_manifest"] is True


def test_damage_behind_the_encryption_is_damage(past: Past, check: Check, safe: Safe, tmp_path: Path) -> None:
    path = safe.encrypt(past.new.read_bytes(), tmp_path / "shop.sql.enc")
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 2 // 3])
    found = check(source(path), backup_decrypt=safe.decrypt(), **SHOP)
    assert found.keys("blocker") <= {"backup:nightly:damaged", "backup:nightly:key_wrong"}
    assert found.source("nightly")["verdict"] == "unusable"
    half = past.new.read_bytes()
    safe.encrypt(half[: len(half) // 2], path)
    found = check(source(path), backup_decrypt=safe.decrypt(), **SHOP)
    assert "cut short" in found.of("backup:nightly:damaged")["sentence"]


def test_encrypted_binary_logs_lead_to_the_cut_over_too(past: Past, check: Check, tmp_path: Path) -> None:
    safe = Safe("openssl", tmp_path / "safe")
    (tmp_path / "binlogs").mkdir()
    for path in past.binlogs.glob("binlog.*"):
        safe.encrypt(path.read_bytes(), tmp_path / "binlogs" / f"{path.name}.enc")
    more = {"db_cutover_gtid": past.cutover, "backup_binlogs": {"url": str(tmp_path / "binlogs")}, **SHOP}
    found = check(source(past.old), backup_decrypt=safe.decrypt(), **more)
    assert found.keys("blocker", "warning") == set()
    assert found.source("nightly")["binlogs"]["transactions"] == 15
    assert check(source(past.old), **more).keys("blocker") == {"backup:nightly:binlog_chain"}


def test_a_key_that_is_open_to_others_is_pointed_at(past: Past, check: Check, safe: Safe, tmp_path: Path) -> None:
    path = safe.encrypt(past.new.read_bytes(), tmp_path / "shop.sql.enc")
    safe.key.chmod(0o644)
    found = check(source(path), backup_decrypt=safe.decrypt(), **SHOP)
    assert "chmod 600" in found.of("backup:nightly:remarks")["sentence"]


def test_a_plain_backup_needs_no_key(past: Past, check: Check, tmp_path: Path) -> None:
    keys = {"age": {"key_file": str(tmp_path / "none")}, "gpg": {}}
    assert check(source(past.new), backup_decrypt=keys, **SHOP).keys("blocker", "warning") == set()
