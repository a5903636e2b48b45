"""A backup is proven by restoring it: passed when it is whole and not otherwise, and nothing is left behind."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import signal
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import scratch_mysql
import ssh_host
from chains import SHOP_SCHEMAS
from daemons import free_port, wait_until
from failback.backup import place as places
from failback.backup import proof as proofs
from failback.backup.place import BusyError
from failback.backup.prove import Order, prove
from failback.compare import manifest_run
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.restore.source import open_source
from failback.restore.verify_facts import Expected
from failback.restore.verify_manifest import Manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chains import Past

SITE, HOST = "rrt", "shop-db"
OPTIONS = ("--innodb-buffer-pool-size=64M", "--innodb-redo-log-capacity=16M")


def order(folder: Path, path: Path, **more: Any) -> Order:
    return Order(
        site=SITE,
        host=HOST,
        sources=[{"name": "nightly", "url": str(path)}],
        opener=lambda url: open_source(url, decrypt=more.get("decrypt")),
        expected=Expected(SHOP_SCHEMAS),
        place=places.place_of("", {}),
        image=scratch_mysql.image(),
        directory=folder / "proofs",
        options=OPTIONS,
        run="drill-1",
        by="ops@here",
    )


def left(folder: Path) -> list[str]:
    """Name the scratch servers of this test that stand."""
    stem = places.stem(SITE, HOST, folder / "proofs")
    argv = ["docker", "ps", "-a", "--filter", f"name={stem}", "--format", "{{.Names}}"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert left(tmp_path) == []


@pytest.fixture(scope="module")
def digests(past: Past) -> dict[str, str]:
    """The digests of the shop's tables after the cut-over, by the comparison's own reading."""
    entries = manifest_run.build(past.server.login(), SHOP_SCHEMAS).tables
    return {label: entry.sums.digest for label, entry in entries.items()}


def test_an_encrypted_one_is_restored_compared_by_digests_measured_and_kept(
    past: Past, digests: dict[str, str], tmp_path: Path
) -> None:
    key, path = tmp_path / "key", tmp_path / "late.sql.gz.enc"
    key.write_text("correct horse\n")
    decrypt = {"openssl": {"password_file": str(key)}}
    argv = ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-pass", f"file:{key}"]
    packed = gzip.compress(past.late.read_bytes())
    path.write_bytes(subprocess.run(argv, input=packed, capture_output=True, check=True).stdout)
    rows = {"shop.orders": 4018, "shop.stock": 2000}
    write_manifest(open_source(str(path)), tmp_path / f"{path.name}.manifest.json", Manifest({}, rows, digests))
    proof = prove(order(tmp_path, path, decrypt=decrypt)).proof
    assert (proof.passed, proof.compared, proof.tables, proof.rows) == (True, "digests", 2, 6018)
    assert proof.differences == ()
    assert proof.rows_per_second == round(6018 / proof.restore_seconds, 1)
    assert {"start", "verify", "restore", "compare", "data"} <= set(proof.seconds)
    assert proofs.read_all(tmp_path / "proofs", HOST) == ([proof], [])
    assert list((tmp_path / "proofs" / "scratch").iterdir()) == []
    file = next((tmp_path / "proofs" / HOST).glob("*.json"))
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text().replace('"passed": true', '"passed": false'))
    assert "was changed since it was written" in proofs.read_all(tmp_path / "proofs", HOST)[1][0]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[places.Place]:
    """A Docker host that is reached over SSH: sshd in a container that may use this machine's Docker."""
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True)
    (keys / "known").write_text(f"rrt {(keys / 'host.pub').read_text()}")
    port = free_port()
    options = [f"HostKey={keys}/host", f"AuthorizedKeysFile={keys}/client.pub", "StrictModes=no", "UsePAM=no"]
    options += ["PidFile=none", "ListenAddress=127.0.0.1", "PasswordAuthentication=no", "PermitRootLogin=yes"]
    name = f"rrt-backup-sshd-{port}"
    argv = ["docker", "run", "-d", "--rm", "--name", name, "--label", "rr.test=1", "--network", "host"]
    argv += ["-v", f"{keys}:{keys}", "-v", "/var/run/docker.sock:/var/run/docker.sock", "--entrypoint", "/bin/sh"]
    command = f"mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f /dev/null -p {port}"
    command += "".join(f" -o {option}" for option in options)
    subprocess.run([*argv, ssh_host.image(), "-c", command], check=True, capture_output=True)
    args = f"-F none -o UserKnownHostsFile={keys}/known -o HostKeyAlias=rrt -o StrictHostKeyChecking=yes"
    known = {
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(keys / "client"),
        "ansible_ssh_common_args": args,
    }
    place = places.place_of("dock", {"dock": known})
    wait_until(lambda: answers(place), lambda: f"{name} does not answer")
    yield place
    subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)


def answers(place: places.Place) -> bool:
    try:
        place.run(["true"])
    except FailbackError:
        return False
    return True


def test_rows_that_differ_from_the_manifest_do_not_pass_on_a_far_docker_host(
    past: Past, digests: dict[str, str], tmp_path: Path, far: places.Place
) -> None:
    """The manifest vouches for every byte and row count, and the content is still another one than was meant."""
    path = tmp_path / "changed.sql"
    path.write_bytes(past.late.read_bytes().replace(b"'order 17'", b"'order 71'", 1))
    write_manifest(open_source(str(path)), tmp_path / "changed.sql.manifest.json", Manifest({}, {}, digests))
    proof = prove(replace(order(tmp_path, path), place=far)).proof
    assert not proof.passed
    assert (proof.place, proof.rows) == ("dock", 6018)
    assert proof.differences == ("shop.orders: the digest of its rows is not that of the manifest",)


def test_a_backup_that_does_not_restore_is_a_proof_that_failed(past: Past, tmp_path: Path) -> None:
    """Every byte is sound, but a table is of an engine that no server has: only a restore shows it."""
    path = tmp_path / "strange.sql"
    path.write_bytes(past.new.read_bytes().replace(b"ENGINE=InnoDB", b"ENGINE=TokuDB", 1))
    proof = prove(order(tmp_path, path)).proof
    assert not proof.passed
    assert "storage engine TOKUDB is not on this server" in proof.problem
    assert proofs.last(proofs.read_all(tmp_path / "proofs", HOST)[0], "nightly") == proof


def test_what_cannot_be_meant_or_used_starts_nothing(past: Past, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are: nightly"):
        prove(replace(order(tmp_path, past.new), only="weekly"))
    with pytest.raises(ConfigError, match="backup_scratch_image is empty"):
        prove(replace(order(tmp_path, past.new), image=""))
    with pytest.raises(ConfigError, match="no host of this site"):
        places.place_of("nowhere", {})
    (tmp_path / "cut.sql").write_bytes(past.new.read_bytes()[:5000])
    with pytest.raises(RefusedError, match=r"no backup is sound.*cut short"):
        prove(order(tmp_path, tmp_path / "cut.sql"))
    assert not (tmp_path / "proofs" / HOST).exists()


def test_a_killed_drill_is_cleaned_up_by_the_next(past: Past, tmp_path: Path) -> None:
    child = multiprocessing.get_context("fork").Process(target=prove, args=(order(tmp_path, past.new),), daemon=True)
    child.start()
    limit = time.monotonic() + 180  # a slow machine
    while not left(tmp_path) and child.is_alive() and time.monotonic() < limit:
        time.sleep(0.05)
    with pytest.raises(BusyError, match="is at work here"):
        prove(order(tmp_path, past.new))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    standing = left(tmp_path)
    assert standing
    done = prove(order(tmp_path, past.new))
    assert done.swept == standing
    assert done.proof.passed
