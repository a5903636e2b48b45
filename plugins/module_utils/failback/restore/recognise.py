"""Tells what made a backup by what is in it, never by its name, and reads its small parts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from failback.errors import DamagedError
from failback.restore.encrypted import encryption
from failback.restore.formats import mydumper, mysqldump, shell, tab
from failback.restore.formats.heads import head_of, looks_like_sql
from failback.restore.formats.packed import BLOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.restore.formats.mysqldump import Watcher
    from failback.restore.model import Backup, Source

Kind = Literal["mysqldump", "mydumper", "tab", "shell"]
_MYDUMPER = re.compile(rb"\A\s*#? ?Started dump at: ")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Recognised:
    """What a source holds: the files that belong to the backup, and those that do not."""

    kind: Kind
    files: tuple[str, ...]
    others: tuple[str, ...] = ()


def recognise(source: Source) -> Recognised:
    """Look at the files. Raises DamagedError when it is no backup of a known kind, or an empty one."""
    entries = [entry for entry in source.entries() if not entry.name.endswith(MANIFEST)]
    names = [entry.name for entry in entries]
    if not entries:
        raise DamagedError(f"{source.url} holds no file: the backup was not written, or the path is wrong")
    if not any(entry.size for entry in entries):
        raise DamagedError(f"{source.url} is empty (0 bytes): the dump failed, use another")
    if names == [""]:
        return _single(source)
    sizes = {entry.name: entry.size for entry in entries}
    if found := _shell(source, names):
        return found
    if found := _mydumper(source, names):
        return found
    return _texts(source, names, sizes)


def _single(source: Source) -> Recognised:
    head = head_of(source, "")
    if not head.strip():
        raise DamagedError(f"{source.url} unpacks to nothing: the dump failed, use another")
    _refuse_encrypted(source, head)
    if not looks_like_sql(head):
        raise DamagedError(f"{source.url} is no dump of a known kind: it begins with {head[:60]!r}")
    return Recognised("mysqldump", ("",))


def _refuse_encrypted(source: Source, head: bytes) -> None:
    if tool := encryption(head):
        raise DamagedError(f"{source.url} is encrypted with {tool}: name its key in backup_decrypt.{tool}")


def _shell(source: Source, names: Sequence[str]) -> Recognised | None:
    """MySQL Shell: a JSON document that names its dumper and its schemas, beside files named after it."""
    for name in names:
        if name.rpartition("/")[2] != "@.json":
            continue
        try:
            known = json.loads(head_of(source, name, BLOCK))
        except ValueError as error:
            raise DamagedError(f"{name} is no JSON ({error}): the dump of MySQL Shell is damaged") from error
        if isinstance(known, dict) and "schemas" in known and "dumper" in known:
            return Recognised("shell", tuple(names))
    if any("@" in name and name.endswith((".tsv.zst", ".tsv.zst.idx", ".tsv", ".tsv.gz")) for name in names):
        raise DamagedError(f"{source.url} has chunks of MySQL Shell, but not @.json: the dump is not whole")
    return None


def _mydumper(source: Source, names: Sequence[str]) -> Recognised | None:
    for name in names:
        if name.rpartition("/")[2] in ("metadata", "metadata.partial") and _MYDUMPER.match(head_of(source, name, 200)):
            return Recognised("mydumper", tuple(names))
    if any(name.endswith(("-schema-create.sql", "-schema-create.sql.gz", "-schema-create.sql.zst")) for name in names):
        raise DamagedError(f"{source.url} has files of mydumper, but no metadata: the dump is not whole")
    return None


def _texts(source: Source, names: Sequence[str], sizes: dict[str, int]) -> Recognised:
    """Tell a --tab directory, a text of definitions beside a file of rows for each table, from one of whole dumps."""
    heads = {name: head_of(source, name) if sizes[name] else b"" for name in names}
    texts = [name for name in names if looks_like_sql(heads[name]) and heads[name]]
    stems = {tab.stem(name) for name in texts}
    others = [name for name in names if name not in texts]
    endings = {name[len(tab.stem(name)) :] for name in others if tab.stem(name) in stems}
    rows = [name for name in others if name[len(tab.stem(name)) :] in endings]
    if rows or (texts and all(_one_table(heads[name]) for name in texts)):
        return Recognised("tab", (*texts, *rows), tuple(sorted(set(names) - set(texts) - set(rows))))
    for head in heads.values():
        _refuse_encrypted(source, head)
    if not texts:
        raise DamagedError(f"{source.url} holds no dump of a known kind")
    return Recognised("mysqldump", tuple(texts), tuple(sorted(set(names) - set(texts))))


def _one_table(head: bytes) -> bool:
    """Whether a text is what --tab writes: no rows, and its sql_mode set to nothing."""
    return b"SQL_MODE=@@SQL_MODE, SQL_MODE=''" in head


def read_backup(source: Source, watcher: Watcher | None = None, default_schema: str = "") -> Backup:
    """Read a backup's small parts. ``default_schema``: the database where a dump names none.

    Raises DamagedError when it is none, or is damaged where it was read.
    """
    found = recognise(source)
    if found.kind == "shell":
        return shell.read(source, found.files, watcher)
    if found.kind == "mydumper":
        return mydumper.read(source, found.files, watcher)
    if found.kind == "tab":
        return tab.read(source, found.files, watcher)
    return mysqldump.read(source, found.files, watcher, default_schema)
