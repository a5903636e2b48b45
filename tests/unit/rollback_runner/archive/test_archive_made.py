"""What gets into an archive and what never does."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import os
import socket
import stat
import tarfile
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from failback import journal
from failback.errors import ConfigError, FailbackError
from shelf_of_tests import RUN, SECRET, Shelf

from rollback_runner.archive import container, make, secrets, verify

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "a-second-secret-that-is-long-enough-to-be-broken-across-the-lines-of-base64-text-0123456789"


def everything(path: Path) -> dict[str, bytes]:
    """Return all that is in an archive, unpacked, and the archive itself."""
    with path.open("rb") as source:
        members = container.members(source)
        found = {name: container.content(source, one) for name, one in members.items()}
    with tarfile.open(fileobj=io.BytesIO(found[container.RECORD])) as record:
        found |= {info.name: _content(record, info) for info in record}
    return found | {"archive": path.read_bytes()}


def _content(record: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    stream = record.extractfile(info)
    assert stream is not None
    return stream.read()


def leaks(path: Path, *values: str) -> list[str]:
    """Name where a value stands in an archive, in plain or in base64, whatever stands around it."""
    forms = {value.encode() for value in values}
    for value in values:
        for before in range(3):
            core = base64.b64encode(b"." * before + value.encode() + b"." * 3).decode()
            inner = core[(before * 8 + 5) // 6 : ((before + len(value)) * 8) // 6]
            forms |= {inner.encode(), inner.replace("+", "-").replace("/", "_").encode()}
    return [name for name, data in everything(path).items() if any(form in data for form in forms)]


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda secret: b"password is " + secret + b" here",
    "base64": base64.b64encode,
    "base64 after one byte": lambda secret: base64.b64encode(b"x" + secret),
    "base64 of a log-in": lambda secret: b"Authorization: Basic " + base64.b64encode(b"ab:" + secret + b"\n"),
    "base64 for addresses": lambda secret: base64.urlsafe_b64encode(b"ops:" + secret),
    "base64 across lines": lambda secret: base64.encodebytes(b"." * 50 + secret * 3),
    "hex": lambda secret: secret.hex().encode(),
    "percent": lambda secret: quote(secret, safe="").encode(),
    "json": lambda secret: b'{"x": "' + secret.replace(b"/", b"\\/") + b'"}',
    "utf-16": lambda secret: secret.decode().encode("utf-16-le"),
    "gzip": lambda secret: gzip.compress(b"x" + secret),
    "gzip that was cut off": lambda secret: gzip.compress(b"x" + secret)[:-4],
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "gzip in gzip": lambda secret: gzip.compress(gzip.compress(secret)),
    "encrypted": lambda secret: b"Salted__" + secret[::-1],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [SECRET, LONG])
def test_a_secret_in_a_file_of_the_run_is_not_in_the_archive(kept: Shelf, way: str, value: str) -> None:
    kept.secret_file.write_text(value + "\n")
    (kept.run / "evidence" / "planted").write_bytes(WAYS[way](value.encode()))
    made = kept.make()
    assert leaks(made.path, value) == []
    assert verify.verify(made.path, kept.signers).good
    told = made.as_dict()
    named = f"runs/{RUN}/evidence/planted"
    assert [named in str(told[key]) for key in ("scrubbed", "left_out")].count(True) == 1


def test_a_zip_with_a_secret_is_left_out(kept: Shelf) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.txt", SECRET)
    (kept.run / "planted.zip").write_bytes(raw.getvalue())
    made = kept.make()
    assert leaks(made.path, SECRET) == []
    assert [one.name for one in make.worth_telling(made.manifest)] == [f"runs/{RUN}/planted.zip"]


def test_a_secret_that_somebody_said_is_taken_out_of_the_journal_and_told(kept: Shelf) -> None:
    journal.append(kept.incident / "people.jsonl", "confirm", item="TEAM-04", by="kim", note=f"log in with {SECRET}")
    made = kept.make()
    assert leaks(made.path, SECRET) == []
    proof = verify.verify(made.path, kept.signers)
    assert (proof.good, proof.scrubbed) == (True, ("incident/people.jsonl",))
    assert SECRET in (kept.incident / "people.jsonl").read_text()  # the record itself is never changed


def test_a_private_key_is_one_wherever_it_stands(kept: Shelf) -> None:
    text = kept.key("lee").read_text()
    (kept.run / "evidence" / "key").write_text(f"found this:\n{text}\nend\n")
    made = kept.make()
    assert leaks(made.path, *[line for line in text.splitlines() if not line.startswith("-")]) == []
    assert made.manifest.searched.found == 1


def test_a_secret_in_the_name_of_a_file_stops_it(kept: Shelf) -> None:
    kept.secret_file.write_text("name0of0secret\n")
    (kept.run / "evidence" / "name0of0secret").write_text("x")
    with pytest.raises(FailbackError, match="in the name of a file"):
        kept.make()
    assert list(kept.out.glob("*.tar*")) == []


def test_parts_of_an_address_that_are_secret_are_known(kept: Shelf) -> None:
    kept.secret_file.write_text("https://bot:hunter22@chat.example.org/hooks/T0AB12cd34EF/general\n")
    found = secrets.load([str(kept.secret_file)])
    assert {"hunter22", "T0AB12cd34EF"} <= set(found.values)
    assert not {"hooks", "general", "chat.example.org"} & set(found.values)


def test_a_large_file_is_searched_as_it_streams_by(kept: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "_HELD", 1 << 10)
    (kept.run / "large").write_bytes(b"x" * (1 << 20))
    (kept.run / "planted").write_bytes(b"y" * ((1 << 20) - 5) + SECRET.encode() + b"y" * 99)
    made = kept.make()
    assert [one.name for one in make.worth_telling(made.manifest)] == [f"runs/{RUN}/planted"]
    assert kept.kinds(made.path) == []
    assert everything(made.path)[f"runs/{RUN}/large"] == b"x" * (1 << 20)


def test_what_was_missed_on_the_way_in_is_found_in_the_packed_bytes(
    kept: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept.run / "evidence" / "planted").write_text(SECRET)
    monkeypatch.setattr(secrets.Search, "clean", lambda _self, data: (data, 0))
    monkeypatch.setattr(secrets.Search, "found", lambda _self, _data: False)
    with pytest.raises(FailbackError, match="is still in"):
        _with_real_proof(kept, monkeypatch)
    assert list(kept.out.glob("*.tar*")) == []


def _with_real_proof(kept: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look the other way until the archive is written, then let the proof see."""
    asked = kept.asked()

    def sign(text: bytes) -> bytes:
        monkeypatch.undo()
        return asked.sign(text)

    make.make(replace(asked, sign=sign))


def test_a_file_of_secrets_that_cannot_be_read_stops_it_and_a_missing_one_is_told(kept: Shelf, tmp_path: Path) -> None:
    missing = replace(kept.asked(), secret_files=(str(tmp_path / "gone"),))
    assert make.make(missing).manifest.searched.unread == (str(tmp_path / "gone"),)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        make.make(replace(kept.asked(), secret_files=(str(folder),)))


def test_links_pipes_sockets_and_devices_are_left_out_and_told(kept: Shelf, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "private").write_text("not of the record")
    (kept.run / "link").symlink_to(outside / "private")
    (kept.run / "folder").symlink_to(outside)
    os.mkfifo(kept.run / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(kept.run)  # the name of a socket may not be long
        try:
            listening.bind("socket")
        finally:
            os.chdir(here)
    devices = []
    if os.geteuid() == 0:
        os.mknod(kept.run / "device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        devices = ["is a device"]
    made = kept.make()
    told = sorted(one.why for one in make.worth_telling(made.manifest))
    assert told == sorted(["is a pipe", "is a socket", "is a symbolic link", "is a symbolic link", *devices])
    assert not any(b"not of the record" in data for data in everything(made.path).values())


def test_a_file_that_became_a_link_meanwhile_is_not_followed(kept: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    found = make.gather.gather(kept.home, "lab", kept.incident)
    (kept.run / "report.json").unlink()
    (kept.run / "report.json").symlink_to("/etc/hostname")
    monkeypatch.setattr(make.gather, "gather", lambda *_: found)
    with pytest.raises(FailbackError, match="report\\.json cannot be read"):
        kept.make()
    assert list(kept.out.glob("*.tar*")) == []


def test_what_serves_the_machine_is_left_out(kept: Shelf) -> None:
    (kept.run / "journal.reserve").write_bytes(bytes(100))
    (kept.incident / "companions").mkdir()
    (kept.incident / "companions" / "sampler.json").write_text("{}")
    (kept.incident / ".lock").write_text("")
    names = {file.name for file in kept.make().manifest.files}
    assert not {name for name in names if "reserve" in name or "companions" in name or "secret-files" in name}


def test_a_run_still_going_on_is_told_and_taken_up_to_its_last_whole_line(kept: Shelf) -> None:
    (kept.run / "report.json").unlink()
    path = kept.run / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":4,"time":"2026-')
    made = kept.make()
    assert made.manifest.going_on == (RUN,)
    assert everything(made.path)[f"runs/{RUN}/journal.jsonl"] == whole
    assert kept.kinds(made.path) == []


def test_a_run_that_writes_while_it_is_archived_gives_an_archive_that_holds(kept: Shelf) -> None:
    stop = threading.Event()
    (kept.run / "report.json").unlink()

    def write() -> None:
        while not stop.is_set():
            journal.append(kept.run / "journal.jsonl", "note", text="x" * 300)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = kept.make()
    finally:
        stop.set()
        writer.join()
    assert kept.kinds(made.path) == []
