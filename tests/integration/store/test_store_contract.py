"""What every store promises, kept by each kind."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError
from failback.store import open_store
from failback.store.base import ABSENT, MovedErrorAt
from failback.store.errors import AheadError, ForkedError, MovedError, StoreError, StoreGoneError, UnmadeError

if TYPE_CHECKING:
    from pathlib import Path

    import store_host
    from conftest import Site


def test_a_file_is_written_under_a_condition(site: Site) -> None:
    store = site.open()
    assert store.read("baseline/x") == (b"", ABSENT)
    first = store.put("baseline/x", b"one", ABSENT)
    with pytest.raises(MovedError):
        store.put("baseline/x", b"two", ABSENT)
    second = store.put("baseline/x", b"two", first)
    assert second != first
    with pytest.raises(MovedError):
        store.put("baseline/x", b"three", first)
    assert store.read("baseline/x") == (b"two", second)
    store.put("baseline/x", b"three", None)
    assert store.read("baseline/x")[0] == b"three"


def test_writing_the_same_again_is_well(site: Site) -> None:
    store = site.open()
    version = store.put("baseline/x", b"one", ABSENT)
    assert store.put("baseline/x", b"one", ABSENT) == version


def test_a_journal_grows_and_a_repeated_line_is_there_once(site: Site) -> None:
    store = site.open()
    store.extend("runs/r/j.jsonl", b"", b"1\n")
    store.extend("runs/r/j.jsonl", b"", b"1\n")
    store.extend("runs/r/j.jsonl", b"1\n", b"2\n")
    assert store.read("runs/r/j.jsonl")[0] == b"1\n2\n"


def test_what_the_store_missed_goes_along(site: Site) -> None:
    store = site.open()
    store.extend("runs/r/j.jsonl", b"1\n", b"2\n")
    store.extend("runs/r/j.jsonl", b"1\n2\n3\n4\n", b"5\n")
    assert store.read("runs/r/j.jsonl")[0] == b"1\n2\n3\n4\n5\n"


def test_half_a_line_at_the_store_is_completed(site: Site) -> None:
    store = site.open()
    store.extend("runs/r/j.jsonl", b"1\n", b"2")
    store.extend("runs/r/j.jsonl", b"1\n", b"2222\n")
    assert store.read("runs/r/j.jsonl")[0] == b"1\n2222\n"


def test_a_journal_of_another_machine_is_never_written_over(site: Site) -> None:
    store = site.open()
    store.extend("runs/r/j.jsonl", b"1\n", b"2\n")
    with pytest.raises(AheadError) as ahead:
        store.extend("runs/r/j.jsonl", b"1\n", b"X\n")
    assert ahead.value.more == b"2\n"
    with pytest.raises(ForkedError):
        store.extend("runs/r/j.jsonl", b"X\n2\nlonger\n", b"3\n")
    with pytest.raises(ForkedError):
        store.extend("runs/r/j.jsonl", b"X", b"3\n")
    assert store.read("runs/r/j.jsonl")[0] == b"1\n2\n"


def test_many_files_at_once(site: Site) -> None:
    store = site.open()
    files = {f"baseline/n{number}": os.urandom(2000) for number in range(40)}
    put = dict(store.put_many((key, content, ABSENT) for key, content in files.items()))
    assert {key: at.version for key, at in store.listing().items()} == put
    assert {key: at.size for key, at in store.listing().items()} == dict.fromkeys(files, 2000)
    got = {key: content for key, content, _ in store.read_many([*files, "baseline/none"])}
    assert got == files
    again = dict(store.put_many([("baseline/n1", b"other", ABSENT), ("baseline/new", b"new", ABSENT)]))
    assert again["baseline/n1"] == MovedErrorAt("baseline/n1")
    assert store.read("baseline/new")[0] == b"new"


def test_a_big_file_is_streamed_and_compared(site: Site, tmp_path: Path) -> None:
    store = site.open()
    big = tmp_path / "binlog.000001"
    big.write_bytes(os.urandom(6 << 20))
    digest = hashlib.sha256(big.read_bytes()).hexdigest()
    version = store.send("quarantine/q/binlog.000001", big, digest, ABSENT)
    assert store.send("quarantine/q/binlog.000001", big, digest, ABSENT) == version
    assert store.digests(["quarantine/q/binlog.000001", "none"]) == {"quarantine/q/binlog.000001": digest}
    assert store.fetch("quarantine/q/binlog.000001", tmp_path / "back") == version
    assert (tmp_path / "back").read_bytes() == big.read_bytes()
    big.write_bytes(b"something else")
    with pytest.raises(StoreError):
        store.send("quarantine/q/binlog.000001", big, digest, version)  # not what its digest says
    with pytest.raises(MovedError):
        store.send("quarantine/q/binlog.000001", big, hashlib.sha256(b"something else").hexdigest(), ABSENT)
    assert store.digests(["quarantine/q/binlog.000001"])["quarantine/q/binlog.000001"] == digest


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../b", ""])
def test_no_name_leads_outside(site: Site, key: str) -> None:
    if site.settings.kind == "s3":
        pytest.skip("names in a bucket lead nowhere")
    with pytest.raises(StoreError, match="no name of a file"):
        site.open().put(key, b"x", None)


def test_a_probe_writes_and_leaves_nothing(site: Site) -> None:
    store = site.open()
    assert abs(store.probe().ahead) < 60
    assert dict(store.listing()) == {}


def test_a_store_that_refuses_is_gone(site: Site) -> None:
    store = site.open()
    store.put("baseline/x", b"one", ABSENT)
    site.cut()
    with pytest.raises(StoreGoneError):
        store.read("baseline/x")
    site.back()
    assert store.read("baseline/x")[0] == b"one"


def test_a_store_that_is_silent_is_gone_within_its_deadline(site: Site) -> None:
    store = site.open()
    store.put("baseline/x", b"one", ABSENT)
    site.silence()
    for ask in (
        lambda: store.read("baseline/x", deadline=1.0),
        lambda: store.put("baseline/x", b"two", None, deadline=1.0),
        lambda: store.extend("baseline/x", b"one", b"two", deadline=1.0),
    ):
        with pytest.raises(StoreGoneError, match="did not answer within 1 s"):
            ask()
    site.back()
    assert store.read("baseline/x")[0] == b"one"


def test_a_place_that_nobody_made_a_store_is_gone_and_never_empty(site: Site, tmp_path: Path) -> None:
    site.settings = replace(site.settings, site=f"{site.settings.site}-other")
    (tmp_path / "file").write_bytes(b"one")
    digest = hashlib.sha256(b"one").hexdigest()
    for ask in (
        lambda store: store.listing(),
        lambda store: store.read("lock.json"),
        lambda store: list(store.read_many(["lock.json"])),
        lambda store: store.put("lock.json", b"{}", ABSENT),
        lambda store: list(store.put_many([("lock.json", b"{}", ABSENT)])),
        lambda store: store.extend("runs/r/j.jsonl", b"", b"1\n"),
        lambda store: store.send("quarantine/q/x", tmp_path / "file", digest, ABSENT),
        lambda store: store.fetch("quarantine/q/x", tmp_path / "back"),
        lambda store: store.digests(["lock.json"]),
        lambda store: store.probe(),
    ):
        with pytest.raises(UnmadeError, match="rollback-runner store init"):
            ask(site.open())
    assert site.open().state() == "empty"
    site.open().init(b"{}")
    assert site.open().state() == "made"
    assert dict(site.open().listing()) == {}


def test_files_without_a_mark_are_told_from_nothing(site: Site) -> None:
    store = site.open()
    store.put("baseline/x", b"one", ABSENT)
    whole = site.settings
    # The same place by another way: its files are there and its mark is not.
    deeper = replace(whole, directory=f"{whole.directory}/{whole.site}", prefix=whole.site, site="baseline")
    assert open_store(deeper).state() == "unmarked"


def test_a_directory_that_is_not_mounted_is_gone_and_not_empty(tmp_path: Path) -> None:
    store = open_store({"kind": "directory", "directory": str(tmp_path / "mnt")}, "lab")
    with pytest.raises(StoreGoneError, match="is not there"):
        store.listing()
    assert not (tmp_path / "mnt").exists()


def test_a_host_whose_key_is_another_is_told_nothing(ops_host: store_host.OpsHost, tmp_path: Path) -> None:
    other = (ops_host.keys / "client.pub").read_text().split()[1]
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:* ssh-ed25519 {other}\n")
    said = ops_host.mapping() | {"known_hosts_file": str(tmp_path / "known_hosts"), "directory": "elsewhere"}
    with pytest.raises(StoreGoneError, match="host key is not the one on record"):
        open_store(said, "lab").put("baseline/x", b"x", None)


def test_a_bucket_without_credentials_is_named(bucket: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"correct site_store\.credentials_file"):
        open_store(bucket | {"credentials_file": str(tmp_path / "none")}, "lab").listing()


def test_a_bucket_that_is_not_there_is_named(bucket: dict[str, object]) -> None:
    with pytest.raises(StoreError, match="s3://nowhere/lab"):
        open_store(bucket | {"bucket": "nowhere"}, "lab").put("baseline/x", b"x", None)
