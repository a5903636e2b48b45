"""An archive that was changed anywhere, or made by somebody who does not count, is found out."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from failback import journal
from failback.approval import signing

from rollback_runner.archive import container, make, verify
from rollback_runner.archive import manifest as manifests
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from shelf_of_tests import Shelf

    Parts = dict[str, bytes]


def parts(path: Path) -> Parts:
    with path.open("rb") as source:
        return {name: container.content(source, one) for name, one in container.members(source).items()}


def written(path: Path, content: Sequence[tuple[str, bytes]]) -> Path:
    stream = io.BytesIO()
    for name, data in content:
        container.add(stream, name, data)
    path.write_bytes(stream.getvalue() + container.END)
    return path


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


def forged(kept: Shelf, entries: Sequence[tuple[tarfile.TarInfo, bytes]], names: Sequence[str] | None = None) -> Path:
    """Have somebody who counts sign an archive with this content; ``names`` is what the manifest lists."""
    whole = kept.make()
    found = parts(whole.path)
    raw = io.BytesIO()
    with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as record:
        for info, data in entries:
            record.addfile(info, io.BytesIO(data))
    data_of = {info.name: data for info, data in entries}
    files = tuple(
        manifests.File(name, len(data_of.get(name, b"")), sha256(data_of.get(name, b"")).hexdigest(), 0)
        for name in (names if names is not None else [info.name for info, _ in entries])
    )
    record_bytes = raw.getvalue()
    told = replace(
        whole.manifest,
        files=files,
        runs=(),
        record=sha256(record_bytes).hexdigest(),
        record_size=len(record_bytes),
    )
    signed = manifests.encode(told)
    signature = signing.sign(signed, str(kept.keys / "kim"), make.NAMESPACE, ask=False)
    content = {**found, container.RECORD: record_bytes, container.MANIFEST: signed, container.SIGNATURE: signature}
    return written(whole.path.with_name("forged.archive.tar"), list(content.items()))


def test_an_archive_that_nobody_touched_is_proven_with_only_the_file_and_the_signers(
    kept: Shelf, tmp_path: Path
) -> None:
    made = kept.make()
    elsewhere = tmp_path / "elsewhere.tar"
    elsewhere.write_bytes(made.path.read_bytes())
    proof = verify.verify(elsewhere, kept.signers)
    assert proof.good
    assert (proof.sha256, proof.journals, proof.ended) == (made.sha256, 2, False)
    assert [file.name for file in made.manifest.files] == [
        "incident/people.jsonl",
        f"runs/{kept.run.name}/journal.jsonl",
        f"runs/{kept.run.name}/report.json",
        f"runs/{kept.run.name}/evidence/한글.txt",
    ]
    assert verify.verify(elsewhere, kept.signers, sha256=made.sha256.upper()).good
    assert kept.kinds(made.path) == []


def _sampled(path: Path) -> Iterator[tuple[str, int]]:
    """Give positions of every class: each header, each content (its ends and some between), each padding, the end."""
    with path.open("rb") as source:
        found = container.members(source)
    for name, one in found.items():
        header = one.start - container.BLOCK
        yield from ((f"{name} header", header + at) for at in (0, 50, 99, 100, 124, 135, 148, 156, 257, 265, 345, 511))
        step = max(1, one.size // 9)
        yield from ((name, one.start + at) for at in {*range(0, one.size, step), one.size - 1})
        fill = len(container.padding(one.size))
        if fill:
            yield f"{name} padding", one.start + one.size
            yield f"{name} padding", one.start + one.size + fill - 1
    yield "end", path.stat().st_size - 1
    yield "end", path.stat().st_size - len(container.END)


def test_one_byte_changed_anywhere_is_found(kept: Shelf) -> None:
    made = kept.make()
    whole = made.path.read_bytes()
    changed = made.path.with_name("changed")
    signers = kept.signers
    missed = []
    for where, at in _sampled(made.path):
        data = bytearray(whole)
        data[at] ^= 0x01
        changed.write_bytes(data)
        if verify.verify(changed, signers).good:
            missed.append((where, at))
    assert missed == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda raw: raw + b"\0", "shape"),
        (lambda raw: raw + b"more", "shape"),
        (lambda raw: raw + bytes(512), "shape"),
        (lambda raw: raw[:-1], "shape"),
        (lambda raw: raw[:-512], "shape"),
        (lambda raw: raw[: len(raw) // 2], "shape"),
        (lambda raw: raw[:100], "shape"),
        (lambda _raw: b"", "shape"),
        (lambda raw: b"\0" + raw, "shape"),
    ],
)
def test_bytes_added_or_cut_off_are_found(kept: Shelf, change: Callable[[bytes], bytes], kind: str) -> None:
    made = kept.make()
    made.path.write_bytes(change(made.path.read_bytes()))
    assert kept.kinds(made.path) == [kind]


@pytest.mark.parametrize(
    "change",
    [
        lambda p: [*p.items(), ("more.txt", b"x")],
        lambda p: [("more.txt", b"x"), *p.items()],
        lambda p: list(p.items())[1:],
        lambda p: list(p.items())[:-1],
        lambda p: [("OTHER.txt" if n == container.GUIDE else n, d) for n, d in p.items()],
        lambda p: list(reversed(p.items())),
        lambda p: [*p.items(), (container.RECORD, p[container.RECORD])],
    ],
    ids=["added", "added first", "removed", "signature removed", "renamed", "reordered", "twice"],
)
def test_members_added_removed_renamed_or_moved_are_found(
    kept: Shelf, change: Callable[[Parts], list[tuple[str, bytes]]]
) -> None:
    made = kept.make()
    assert kept.kinds(written(made.path, change(parts(made.path)))) == ["shape"]


@pytest.mark.parametrize(
    ("name", "kind"), [(container.GUIDE, "guide"), (container.RECORD, "record"), (container.SIGNATURE, "armor")]
)
def test_a_member_with_other_content_is_found(kept: Shelf, name: str, kind: str) -> None:
    made = kept.make()
    assert kept.kinds(written(made.path, list((parts(made.path) | {name: b"other\n"}).items()))) == [kind]


def test_a_signature_that_is_written_another_way_is_found(kept: Shelf) -> None:
    # ssh-keygen takes it; the byte was changed all the same.
    made = kept.make()
    found = parts(made.path)
    lines = found[container.SIGNATURE].splitlines()
    other = b"\n".join([lines[0], lines[1][:-4], lines[1][-4:] + lines[2], *lines[3:]]) + b"\n"
    assert kept.kinds(written(made.path, list((found | {container.SIGNATURE: other}).items()))) == ["armor"]


GOOD = ("incident/a", b"one"), ("incident/b", b"two")


@pytest.mark.parametrize(
    ("entries", "names", "kind"),
    [
        ([entry(*GOOD[0])], ["incident/a", "incident/b"], "missing"),
        ([entry(*GOOD[0]), entry(*GOOD[1])], ["incident/a"], "surplus"),
        ([entry(*GOOD[1]), entry(*GOOD[0])], ["incident/a", "incident/b"], "member"),
        ([entry("incident/c", b"one")], ["incident/a"], "member"),
        ([entry("incident/a", kind=tarfile.SYMTYPE, link="/etc/passwd")], None, "member"),
        ([entry("incident/a", kind=tarfile.LNKTYPE, link="/etc/passwd")], None, "member"),
        ([entry("incident/a", kind=tarfile.CHRTYPE)], None, "member"),
        ([entry("incident/a", kind=tarfile.BLKTYPE)], None, "member"),
        ([entry("incident/a", kind=tarfile.FIFOTYPE)], None, "member"),
        ([entry("incident/a", kind=tarfile.DIRTYPE)], None, "member"),
        ([entry("../outside", b"x")], None, "manifest"),
        ([entry("incident/../../outside", b"x")], None, "manifest"),
        ([entry("/outside", b"x")], None, "manifest"),
        ([entry("incident//a", b"x")], None, "manifest"),
        ([entry("incident\\..\\a", b"x")], None, "manifest"),
        ([entry(*GOOD[0]), entry(*GOOD[0])], None, "manifest"),
        ([entry("incident/a", b"x"), entry("incident/a/b", b"x")], None, "manifest"),
        ([entry("../outside", b"x")], ["incident/a"], "member"),
    ],
)
def test_what_even_a_known_signer_may_not_put_in_is_refused_and_nothing_is_unpacked(
    kept: Shelf,
    tmp_path: Path,
    entries: list[tuple[tarfile.TarInfo, bytes]],
    names: list[str] | None,
    kind: str,
) -> None:
    try:
        archive = forged(kept, entries, names)
    finally:
        before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(kept.out)}
    found = verify.verify(archive, kept.signers, unpack=tmp_path / "deep" / "unpacked")
    assert [one.kind for one in found.problems] == [kind]
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(kept.out)} == before


def test_a_record_that_unpacks_to_more_than_was_signed_is_not_read_to_its_end(kept: Shelf) -> None:
    archive = forged(kept, [entry("incident/a", bytes(1 << 20))], ["incident/a"])
    told = parts(archive)
    bomb = gzip.compress(bytes(8 << 20))
    assert kept.kinds(written(archive, list((told | {container.RECORD: bomb}).items()))) == ["record"]


def test_unpacking_makes_a_new_folder_and_never_takes_one_that_is_there(kept: Shelf, tmp_path: Path) -> None:
    made = kept.make()
    target = tmp_path / "unpacked"
    assert verify.verify(made.path, kept.signers, unpack=target).good
    unpacked = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert unpacked == sorted(file.name for file in made.manifest.files)
    assert journal.verify(target / f"runs/{kept.run.name}/journal.jsonl") == []
    for there in (target, tmp_path / "link"):
        if there.name == "link":
            there.symlink_to(tmp_path / "nowhere")
        with pytest.raises(UsageError, match="is there already"):
            verify.verify(made.path, kept.signers, unpack=there)
