"""The same bytes come from a directory, over a real SSH and from S3, also where the way breaks in the middle."""

from __future__ import annotations

import random
import subprocess
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from cutting_proxy import CuttingProxy
from daemons import free_port, image, wait_until
from failback.errors import ConfigError, DamagedError, UnreachableError
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh
from failback.restore.verify import verify
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from failback.restore.model import Source

BIG = random.Random(1).randbytes(3_000_000)  # noqa: S311 - test data
FILES = {"a/b c'd.sql": b"-- MySQL dump 10.13\n", "big.bin": BIG, "empty": b""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("files")
    (root / "a").mkdir()
    for name, content in FILES.items():
        (root / name).write_bytes(content)
    return root


def read(source: Source, name: str, offset: int = 0) -> bytes:
    parts = []
    with source.open(name, offset) as handle:
        while part := handle.read(100_000):
            parts.append(part)
    return b"".join(parts)


def check_all(source: Source) -> None:
    entries = source.entries()
    assert [(entry.name, entry.size) for entry in entries] == [(name, len(FILES[name])) for name in sorted(FILES)]
    assert all(entry.stamp for entry in entries)
    for name, content in FILES.items():
        assert read(source, name) == content
    assert read(source, "big.bin", 2_999_990) == BIG[-10:]
    assert read(source, "big.bin", 3_000_000) == b""


def test_a_local_directory_and_a_file(folder: Path) -> None:
    check_all(open_source(str(folder)))
    single = open_source(f"file://{folder}/big.bin")
    assert [(entry.name, entry.size) for entry in single.entries()] == [("", len(BIG))]
    assert read(single, "", 5) == BIG[5:]
    with pytest.raises(DamagedError, match="there is no backup"):
        open_source(str(folder / "missing")).entries()


@pytest.mark.parametrize("url", ["", "ssh://host", "ssh:///path", "s3:///x", "ftp://host/x"])
def test_a_url_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        open_source(url)


@dataclass(frozen=True)
class Sshd:
    port: int
    keys: Path

    def through(self, port: int) -> Callable[[Sequence[str]], list[str]]:
        """Reach it at a port as the inventory of a site says, its host key checked."""
        args = f"-F none -o UserKnownHostsFile={self.keys}/known -o HostKeyAlias=rrt -o StrictHostKeyChecking=yes"
        site = {
            "backups": {
                "ansible_host": "127.0.0.1",
                "ansible_port": port,
                "ansible_user": "root",
                "ansible_ssh_private_key_file": str(self.keys / "client"),
                "ansible_ssh_common_args": args,
            }
        }
        return site_ssh(site)


@pytest.fixture(scope="module")
def sshd(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    keys = tmp_path_factory.mktemp("keys")
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True)
    (keys / "known").write_text(f"rrt {(keys / 'host.pub').read_text()}")
    port = free_port()
    options = [f"HostKey={keys}/host", f"AuthorizedKeysFile={keys}/client.pub", "StrictModes=no", "UsePAM=no"]
    options += ["PidFile=none", "ListenAddress=127.0.0.1", "PasswordAuthentication=no", "UseDNS=no"]
    words = " ".join(f"-o {option}" for option in options)
    name = f"rrt-formats-sshd-{port}"
    argv = ["docker", "run", "-d", "--rm", "--name", name, "--label", "rr.test=1", "--network", "host"]
    argv += ["-v", f"{keys}:{keys}", "-v", f"{folder}:{folder}", "--entrypoint", "/bin/sh", image(), "-c"]
    argv += [f"mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f /dev/null -p {port} {words}"]
    subprocess.run(argv, check=True, capture_output=True)
    made = Sshd(port, keys)
    probe = [*made.through(port)(["backups", "true"])]
    logs = ["docker", "logs", name]
    wait_until(
        lambda: subprocess.run(probe, capture_output=True, check=False).returncode == 0,
        lambda: subprocess.run(logs, capture_output=True, check=False, text=True).stderr,
    )
    yield made
    subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)


def test_ssh(folder: Path, sshd: Sshd) -> None:
    ssh = sshd.through(sshd.port)
    check_all(open_source(f"ssh://backups{folder}", ssh=ssh))
    single = open_source(f"ssh://backups{folder}/big.bin", ssh=ssh)
    assert [(entry.name, entry.size) for entry in single.entries()] == [("", len(BIG))]
    with pytest.raises(DamagedError, match="there is no backup"):
        open_source(f"ssh://backups{folder}/missing", ssh=ssh).entries()


def test_ssh_that_breaks_goes_on_from_the_byte_reached(folder: Path, sshd: Sshd) -> None:
    with CuttingProxy(sshd.port, cuts=0, after=700_000) as proxy:
        source = open_source(f"ssh://backups{folder}", ssh=sshd.through(proxy.port))
        source.entries()
        proxy._cuts = 3
        assert read(source, "big.bin") == BIG
        assert proxy.made == 3


def test_ssh_with_another_host_key_sends_nothing(folder: Path, sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "client").write_bytes((sshd.keys / "client").read_bytes())
    (tmp_path / "client").chmod(0o600)
    (tmp_path / "known").write_text(f"rrt {(sshd.keys / 'client.pub').read_text()}")
    wrong = Sshd(sshd.port, tmp_path).through(sshd.port)
    with pytest.raises(UnreachableError, match="host key is not the one on record"):
        open_source(f"ssh://backups{folder}", ssh=wrong).entries()


def test_ssh_that_stays_away_ends_in_one_sentence(folder: Path, sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failback.restore.source_reader.PAUSES", (0.01,))
    proxy = CuttingProxy(sshd.port, cuts=0, after=700_000)
    source = open_source(f"ssh://backups{folder}", ssh=sshd.through(proxy.port))
    source.entries()
    proxy._cuts = 1
    with source.open("big.bin") as handle:
        assert handle.read(1000) == BIG[:1000]
        proxy.close()
        with pytest.raises(UnreachableError, match=r"cannot be read past byte \d+ of 3000000"):
            handle.read(3_000_000)


@pytest.fixture(scope="module")
def s3(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, object]]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    credentials = tmp_path_factory.mktemp("aws") / "credentials"
    credentials.write_text("[test]\naws_access_key_id = a\naws_secret_access_key = b\n")
    settings: dict[str, object] = {
        "region": "ap-northeast-2",
        "endpoint_url": f"http://127.0.0.1:{port}",
        "credentials_file": str(credentials),
        "profile": "test",
    }
    client = boto3.client(
        "s3",
        endpoint_url=settings["endpoint_url"],
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="ap-northeast-2",
    )
    # All such servers of one process hold the same things: another test may have made the bucket.
    reset = urllib.request.Request(f"http://127.0.0.1:{port}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()  # noqa: S310 - ours
    client.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    for name in FILES:
        client.upload_file(str(folder / name), "backups", f"nightly/1/{name}")
    yield port, settings
    server.stop()


def test_s3(s3: tuple[int, dict[str, object]]) -> None:
    _, settings = s3
    check_all(open_source("s3://backups/nightly/1", s3=settings))
    single = open_source("s3://backups/nightly/1/big.bin", s3=settings)
    assert [(entry.name, entry.size) for entry in single.entries()] == [("", len(BIG))]
    assert read(single, "") == BIG
    with pytest.raises(DamagedError, match="there is no backup"):
        open_source("s3://backups/none", s3=settings).entries()


def test_s3_that_breaks_goes_on_from_the_byte_reached(s3: tuple[int, dict[str, object]]) -> None:
    port, settings = s3
    with CuttingProxy(port, cuts=0, after=700_000) as proxy:
        source = open_source(
            "s3://backups/nightly/1", s3={**settings, "endpoint_url": f"http://127.0.0.1:{proxy.port}"}
        )
        source.entries()
        proxy._cuts = 3
        assert read(source, "big.bin") == BIG
        assert proxy.made == 3


def test_a_silent_s3_is_named(s3: tuple[int, dict[str, object]]) -> None:
    _, settings = s3
    source = open_source("s3://backups/x", s3={**settings, "endpoint_url": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(UnreachableError, match="does not answer"):
        verify(source)
