"""The site's backups as ways back: when each was taken, whether it is sound, and which migrations it holds already."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from failback.backup.look import look
from failback.deployment.database.model import BackupOption
from failback.deployment.database.steps import table_of
from failback.errors import ConfigError, FailbackError
from failback.restore.recognise import read_backup
from failback.restore.verify_facts import Expected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from failback.deployment.database.model import Text
    from failback.deployment.migrations.gate import Gate
    from failback.restore.model import Source

KEYS = frozenset({"name", "url", "manifest"})
LARGE = 512 * 1024 * 1024  # bytes: larger ones are read to their end only when a restore was asked for


@dataclass(frozen=True)
class Found:
    """The backups, and the rows by ``schema.table`` that each holds, by its name."""

    options: tuple[BackupOption, ...] = ()
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def checked(sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return ``deployment_backups``. Raises ConfigError for an entry that cannot be meant."""
    for number, one in enumerate(sources, 1):
        if not one.get("name") or not one.get("url") or set(one) - KEYS:
            raise ConfigError(
                f"entry {number} of deployment_backups must have name and url, may have manifest, and nothing else"
            )
    return [dict(one) for one in sources]


def survey(
    gate: Gate,
    sources: Sequence[Mapping[str, Any]],
    opener: Callable[[str], Source],
    memory: Path | None,
    *,
    asked: bool,
) -> Found:
    """Look at each backup. What is wrong with one is its ``problem``, never an error. Raises ConfigError."""
    options: list[BackupOption] = []
    rows: dict[str, Mapping[str, int]] = {}
    for one in checked(sources):
        name, url = str(one["name"]), str(one["url"])
        try:
            size = sum(entry.size for entry in opener(url).entries())
            if size > LARGE and not asked:
                options.append(BackupOption(name, url, problem=_not_read(name, size)))
                continue
            seen = look(one, opener, Expected(schemas=(gate.schema,)), memory, keep=memory is not None)
            if not seen.sound:
                options.append(BackupOption(name, url, seen.digest, seen.taken_at, problem=_plain(name, seen.problem)))
                continue
            knows = holds(gate, opener(url))
        except ConfigError:
            raise
        except FailbackError as error:
            options.append(BackupOption(name, url, problem=_plain(name, str(error))))
            continue
        rows[name] = seen.rows
        options.append(BackupOption(name, url, seen.digest, seen.taken_at, knows))
    return Found(tuple(options), rows)


def holds(gate: Gate, source: Source) -> tuple[str, ...]:
    """Name the migrations, of those the target does not know, whose rows the backup's own table has.

    Raises FailbackError when the backup has no such table: nothing could say of which moment its schema is.
    """
    backup = read_backup(source, default_schema=gate.schema)
    label = f"{gate.schema}.{table_of(gate)}"
    if label not in {table.label for table in backup.tables}:
        raise FailbackError(f"it has no table {label}, so nobody can tell which migrations it holds")
    marks = _marks(gate)
    found: set[str] = set()
    for piece in backup.pieces(frozenset({label})):
        tail = b""
        for block in piece.blocks():
            text = tail + bytes(block)
            found |= {name for mark, name in marks.items() if mark in text}
            tail = text[-512:]
    return tuple(sorted(found))


def _marks(gate: Gate) -> dict[bytes, str]:
    """Say what tells each migration's row in a backup's text: the hash, or with Flyway the file's name."""
    rows = (*gate.unknown, *(one.row for one in gate.edited))
    if gate.tool == "flyway" and rows:
        raise FailbackError("it cannot be told which migrations it holds: Flyway's table keeps no hash of them")
    if gate.tool == "flyway":
        return {PurePosixPath(one.path).name.encode(): one.name for one in gate.ahead}
    marks = {(row.digest or row.name).encode(): row.name or row.digest for row in rows}
    return marks | {(one.row.digest or one.name).encode(): one.name for one in gate.ahead}


def _plain(name: str, text: str) -> Text:
    return {"en": f"the backup {name}: {text}", "ko": f"백업 {name}: {text}"}


def _not_read(name: str, size: int) -> Text:
    return {
        "en": f"the backup {name} ({size / 1e9:.1f} GB) is read to its end only when --database restore is asked for",
        "ko": f"백업 {name}({size / 1e9:.1f} GB)은(는) --database restore를 요청할 때만 끝까지 확인합니다",
    }
