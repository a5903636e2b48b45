"""What goes into a bundle, what never does, and that a changed byte is found."""

from __future__ import annotations

import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from bundles_of_tests import SECRET, VERSION, bench
from failback.approval import signers, signing

from rollback_runner.bundle import make as making
from rollback_runner.bundle import verify
from rollback_runner.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from bundles_of_tests import Bench


def _content(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as outer:
        record = outer.extractfile("record.tar.gz")
        assert record is not None
        with tarfile.open(fileobj=record, mode="r:gz") as inner:
            return {one.name: (inner.extractfile(one) or record).read() for one in inner.getmembers()}


def test_the_site_travels_without_its_secrets_and_they_are_named(shop: Bench) -> None:
    made = shop.make()
    told, packed = made.manifest, _content(made.path)
    assert {"inventories/shop/hosts.yml", "inventories/shop/group_vars/all.yml", "home/ca.pem"} <= set(packed)
    assert "runbook/runbook.en.md" in packed
    assert SECRET.encode() not in b"".join(packed.values())
    assert {one.name: one.why for one in told.left_out} == {
        "inventories/shop/group_vars/leaked.yml": "a secret stands in it",
        "inventories/shop/group_vars/vault.yml": "is a vault",
        "inventories/shop/tsig.key": "is a secret",
    }
    assert set(told.by_hand) == {
        "RR_HOME/secrets/idc",
        "RR_HOME/inventories/shop/tsig.key",
        "RR_HOME/inventories/shop/group_vars/leaked.yml",
        "RR_HOME/inventories/shop/group_vars/vault.yml",
    }
    assert told.tool == VERSION


def test_public_files_from_elsewhere_come_along_and_say_where_they_belong(shop: Bench) -> None:
    made = shop.make()
    places = {one.path: one.name for one in made.manifest.placed}
    assert {path.rsplit("/", 1)[1] for path in places} == {"rds-ca.pem", "known_hosts"}
    assert set(places.values()) <= set(_content(made.path))


@pytest.mark.parametrize("name", ["ansible_password", "ansible_become_pass", "x_api_token"])
def test_a_site_with_a_secret_in_plain_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaking = bench(tmp_path / "home", monkeypatch, {name: "hunter22"})
    with pytest.raises(RefusedError, match=f"shop-db: {name}") as said:
        leaking.make()
    assert "hunter22" not in str(said.value)
    assert not list((tmp_path / "home").glob("out/*"))


def test_a_template_in_its_place_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench(tmp_path / "home", monkeypatch, {"ansible_password": "{{ lookup('file', 'x') }}"}).make()


def test_a_bundle_is_whole_as_it_was_made(shop: Bench) -> None:
    proof = verify.verify(shop.make().path, None)
    assert proof.good
    assert not proof.key


@pytest.mark.parametrize("member", making.MEMBERS[:4])
def test_a_changed_byte_is_found(shop: Bench, member: str) -> None:
    path = shop.make().path
    with tarfile.open(path) as outer:
        found = outer.getmember(member)
    raw = bytearray(path.read_bytes())
    raw[found.offset_data + found.size // 2] ^= 1
    path.write_bytes(raw)
    assert not verify.verify(path, None).good


def test_bytes_behind_the_end_are_found(shop: Bench) -> None:
    path = shop.make().path
    path.write_bytes(path.read_bytes() + b"more")
    assert [one.kind for one in verify.verify(path, None).problems] == ["shape"]


def test_a_signature_counts_when_its_signer_does(shop: Bench, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    for name in ("kim", "lee"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)

    def trusted(name: str, key: str) -> signers.Signers:
        public = " ".join((keys / f"{key}.pub").read_text().split()[:2])
        (keys / "allowed_signers").write_text(f"{name} {public}\n")
        return signers.read(str(keys / "allowed_signers"))

    def sign(message: bytes) -> bytes:
        return signing.sign(message, str(keys / "kim"), making.NAMESPACE, ask=False, public=[])

    path = making.make(shop.asked(signer="kim", sign=sign)).path
    assert verify.verify(path, trusted("kim", "kim")).key
    assert [one.kind for one in verify.verify(path, trusted("kim", "lee")).problems] == ["signature"]
    assert [one.kind for one in verify.verify(path, trusted("lee", "kim")).problems] == ["signer_unknown"]


def test_nobodys_signature_is_none(shop: Bench, tmp_path: Path) -> None:
    (tmp_path / "allowed_signers").write_text("kim ssh-ed25519 AAAA\n")
    proof = verify.verify(shop.make().path, signers.read(str(tmp_path / "allowed_signers")))
    assert [one.kind for one in proof.problems] == ["armor"]
