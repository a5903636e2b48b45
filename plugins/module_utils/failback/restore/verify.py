"""Judges a backup in one reading of all its bytes, before any server is touched.

The stock loaders end with success on more than half of a set of damaged backups; so a backup is read here as its format
says, and is sound only when nothing fatal was found. What a format cannot tell (rows that were never written to a plain
mysqldump) only a manifest made with the backup can: see ``verify_manifest``.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from failback.errors import DamagedError
from failback.restore.formats.mydumper import MydumperBackup
from failback.restore.formats.mysqldump import MysqldumpBackup
from failback.restore.formats.packed import read_text
from failback.restore.formats.shell import ShellBackup
from failback.restore.formats.tab import TabBackup
from failback.restore.model import Finding, Position
from failback.restore.recognise import MANIFEST, read_backup
from failback.restore.verify_data import judge_mydumper, judge_shell, judge_tab
from failback.restore.verify_facts import Expected, judge_facts
from failback.restore.verify_manifest import Manifest, as_it_lies, judge_manifest, read_beside
from failback.restore.verify_text import TextJudge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.restore.formats.dump_state import DumpState
    from failback.restore.formats.scan import Event
    from failback.restore.model import Backup, Entry, Source

__all__ = ["Expected", "Verified", "verify"]
MOST_FINDINGS = 200  # more say nothing new


@dataclass(frozen=True)
class Verified:
    """What was found. ``rows`` by table label, where they could be counted; ``digest`` is SHA-256 over all files."""

    url: str
    format: str
    findings: tuple[Finding, ...]
    digest: str
    bytes: int
    seconds: float
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, tuple[str, int]] = field(default_factory=dict)  # name -> SHA-256, size
    backup: Backup | None = None
    vouched: bool = False  # a manifest names every file and all digests agree
    uncounted: tuple[str, ...] = ()  # tables whose rows could not, or not all, be counted

    @property
    def sound(self) -> bool:
        """Whether it may be restored from."""
        return not any(finding.severity == "fatal" for finding in self.findings)

    def as_evidence(self) -> dict[str, object]:
        """Tell it as data."""
        backup = self.backup
        return {
            "url": self.url,
            "format": self.format,
            "sound": self.sound,
            "sha256": self.digest,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "tables": len(backup.tables) if backup else 0,
            "rows": sum(self.rows.values()),
            "taken_at": backup.taken_at if backup else "",
            "server_version": backup.server_version if backup else "",
            "tool": backup.tool if backup else "",
            "rows_by_table": dict(self.rows),
            "uncounted": list(self.uncounted),
            "gtid": backup.position.gtid if backup else "",
            "vouched_by_manifest": self.vouched,
            "findings": [
                {"severity": one.severity, "file": one.file, "text": one.text, "next_step": one.next_step}
                for one in self.findings
            ],
        }


class _Digests:
    """The digest and size of each file that is read, taken while it is read."""

    def __init__(self) -> None:
        self._all: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}

    def taker(self, file: str) -> Callable[[bytes], object] | None:
        """Give what is to see a file's raw bytes; None when it was read before."""
        if file in self._all:
            return None
        digest = self._all[file] = hashlib.sha256()
        self._sizes[file] = 0

        def take(block: bytes) -> None:
            digest.update(block)
            self._sizes[file] += len(block)

        return take

    def files(self) -> dict[str, tuple[str, int]]:
        """Tell all that was read."""
        return {name: (digest.hexdigest(), self._sizes[name]) for name, digest in self._all.items()}


def digest_of(files: dict[str, tuple[str, int]]) -> str:
    """Give one digest for all files: of the file itself where it is one, else of the sorted list of theirs."""
    if list(files) == [""]:
        return files[""][0]
    listing = "".join(f"{files[name][0]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()


class _Watcher:
    """Hands digests and judgement to a reader."""

    def __init__(self, digests: _Digests, judge: TextJudge) -> None:
        self._digests, self._judge = digests, judge

    def raw(self, file: str) -> Callable[[bytes], object] | None:
        """Take the digest of a file on the way."""
        return self._digests.taker(file)

    def event(self, file: str, event: Event, state: DumpState) -> None:
        """Judge one event."""
        self._judge.event(file, event, state)


def verify(source: Source, expected: Expected | None = None, manifest: Manifest | None = None) -> Verified:
    """Read everything once and judge it. Damage is a finding, never an exception.

    Raises UnreachableError and FailbackError when the source cannot be read at all.
    """
    begun = time.monotonic()
    wanted = expected or Expected()
    digests, judge = _Digests(), TextJudge()
    findings: list[Finding] = []
    backup: Backup | None = None
    try:
        only = wanted.schemas[0] if len(wanted.schemas) == 1 else ""
        backup = read_backup(source, _Watcher(digests, judge), only)
        findings += backup.findings
        if isinstance(backup, MysqldumpBackup):
            judge.finish(backup)
        elif isinstance(backup, MydumperBackup):
            judge_mydumper(source, backup, judge, digests.taker)
        elif isinstance(backup, TabBackup):
            judge.finish(backup, rows_elsewhere=True)
            judge_tab(source, backup, judge, digests.taker)
        elif isinstance(backup, ShellBackup):
            judge_shell(source, backup, judge, digests.taker)
        findings += judge.findings
    except DamagedError as error:
        findings += judge.findings
        findings.append(Finding("fatal", "", str(error)))
    entries = _entries(source)
    findings += _left_out(source, digests, whole=backup is not None)
    files = digests.files()
    known, vouched = manifest, False
    try:
        known = manifest or (read_beside(source) if entries else None)
    except DamagedError as error:
        findings.append(Finding("fatal", "", str(error)))
    findings = _packing(source, findings)
    if backup is not None:
        backup = _enriched(backup, known)
        findings += judge_facts(backup, judge, wanted)
    if known is not None:
        told, vouched = judge_manifest(known, as_it_lies(source, known, files), judge.rows, complete=backup is not None)
        findings += told
        if vouched:  # what nothing inside can tell, the manifest does
            findings = [finding for finding in findings if finding not in judge.unproven]
    return Verified(
        url=source.url,
        format=backup.format if backup else "",
        findings=tuple(dict.fromkeys(findings))[:MOST_FINDINGS],
        digest=digest_of(files) if files else "",
        bytes=sum(entry.size for entry in entries),
        seconds=time.monotonic() - begun,
        rows={".".join(key): count for key, count in sorted(judge.rows.items())},
        files=files,
        backup=backup,
        vouched=vouched,
        uncounted=tuple(sorted(".".join(key) for key in judge.uncounted)),
    )


def _packing(source: Source, findings: Sequence[Finding]) -> list[Finding]:
    """Read packed files to their end where the text is damaged, and put damaged packing first: it is the reason."""
    if not any(one.severity == "fatal" for one in findings):
        return list(findings)
    first: list[Finding] = []
    for entry in _entries(source):
        try:
            for _ in read_text(source, entry.name):
                pass
        except DamagedError as error:
            known = [one for one in findings if str(error) in one.text]
            first += known or [Finding("fatal", entry.name, str(error))]
    return [*first, *(one for one in findings if one not in first)]


def _enriched(backup: Backup, known: Manifest | None) -> Backup:
    """Let the manifest say what the backup itself does not; its time is in UTC, a dump's own is the host's."""
    if known is None:
        return backup
    position = backup.position
    if not position.gtid and not position.log_file:
        position = Position("".join(known.gtid.split()))
    return replace(
        backup,
        taken_at=known.taken_at or backup.taken_at,
        server_version=backup.server_version or known.server_version,
        position=position,
    )


def _entries(source: Source) -> Sequence[Entry]:
    """List what is there; nothing is said of a missing source, which is a finding already."""
    try:
        return source.entries()
    except DamagedError:
        return ()


def _left_out(source: Source, digests: _Digests, *, whole: bool) -> list[Finding]:
    """Read the files nobody asked for, for their digests; an empty one among them is damage."""
    found: list[Finding] = []
    for entry in _entries(source):
        name = entry.name
        taker = digests.taker(name) if whole and not name.endswith(MANIFEST) else None
        if taker is None:
            continue
        if not entry.size:
            found.append(
                Finding("fatal", name, "is empty (0 bytes): the dump failed, or was cut", "use another backup")
            )
        with source.open(name) as handle:
            while block := handle.read(1 << 20):
                taker(block)
    return found
