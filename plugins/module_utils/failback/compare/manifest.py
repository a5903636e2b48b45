"""What one server held at one moment, written down so that a restore can be proven without the old server. Pure.

A JSON file: of each table its rows, digest and the digests of its chunks between named bounds, of each object its
normalised definition, and the GTID set it all holds for. ``failback.compare.manifest_run`` makes and checks it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from failback.compare.definitions import Definition, Definitions
from failback.compare.digests import Sums
from failback.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.compare.chunks import Bound

FORMAT = "rollback-runner manifest 1"


@dataclass(frozen=True)
class ChunkEntry:
    """Rows with low < key <= high, and what the server said of them."""

    low: Bound | None
    high: Bound | None
    sums: Sums


@dataclass(frozen=True)
class TableEntry:
    """One table; ``chunks`` add up to its rows."""

    label: str
    key: tuple[str, ...]
    index: str
    chunks: tuple[ChunkEntry, ...]

    @property
    def sums(self) -> Sums:
        """The whole table."""
        total = Sums()
        for chunk in self.chunks:
            total += chunk.sums
        return total


@dataclass(frozen=True)
class Manifest:
    """The whole file."""

    server_uuid: str
    version: str
    position: str
    taken_at: str  # ISO 8601, UTC
    schemas: tuple[str, ...]
    definitions: Definitions = field(default_factory=dict)
    tables: dict[str, TableEntry] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(entry.sums.rows for entry in self.tables.values())

    def to_json(self) -> str:
        """Write it so that equal content is equal text."""
        return json.dumps(
            {
                "format": FORMAT,
                "server_uuid": self.server_uuid,
                "version": self.version,
                "position": self.position,
                "taken_at": self.taken_at,
                "schemas": list(self.schemas),
                "tables": {label: _table_json(entry) for label, entry in sorted(self.tables.items())},
                "definitions": [_definition_json(self.definitions[key]) for key in sorted(self.definitions)],
            },
            indent=1,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str, where: str = "the manifest") -> Self:
        """Read it. Raises DamagedError for anything that is not a whole manifest."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise DamagedError(f"{where} is no JSON ({error}): it was cut short, or it is another file") from error
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise DamagedError(f"{where} is not a manifest of this version ({FORMAT!r} is missing)")
        try:
            definitions = [_definition(entry) for entry in data["definitions"]]
            tables = {label: _table(label, entry) for label, entry in data["tables"].items()}
            found = cls(
                data["server_uuid"],
                data["version"],
                data["position"],
                data["taken_at"],
                tuple(data["schemas"]),
                {(entry.kind, entry.name): entry for entry in definitions},
                tables,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedError(f"{where} lacks a part that every manifest has ({error!r})") from error
        for label, entry in tables.items():
            if data["tables"][label]["rows"] != entry.sums.rows or data["tables"][label]["digest"] != entry.sums.digest:
                raise DamagedError(f"{where} contradicts itself about {label}: its chunks do not add up to the table")
            if ("table", label) not in found.definitions:
                raise DamagedError(f"{where} does not define its table {label}")
        return found


def _table_json(entry: TableEntry) -> dict[str, object]:
    chunks: Sequence[object] = [
        [chunk.low, chunk.high, chunk.sums.rows, chunk.sums.xor, chunk.sums.total] for chunk in entry.chunks
    ]
    sums = entry.sums
    return {"rows": sums.rows, "digest": sums.digest, "key": entry.key, "index": entry.index, "chunks": chunks}


def _table(label: str, data: dict[str, Any]) -> TableEntry:
    chunks = tuple(
        ChunkEntry(_bound(low), _bound(high), Sums(int(rows), str(xor), str(total)))
        for low, high, rows, xor, total in data["chunks"]
    )
    return TableEntry(label, tuple(data["key"]), str(data["index"]), chunks)


def _bound(value: list[str] | None) -> Bound | None:
    return None if value is None else tuple(str(part) for part in value)


def _definition_json(entry: Definition) -> dict[str, object]:
    parts = [[kind, name, text] for (kind, name), text in sorted(entry.parts.items())]
    return {"kind": entry.kind, "name": entry.name, "digest": entry.digest, "parts": parts}


def _definition(data: dict[str, Any]) -> Definition:
    found = Definition(str(data["kind"]), str(data["name"]), {(kind, name): text for kind, name, text in data["parts"]})
    if found.digest != data["digest"]:
        raise ValueError(f"the definition of {found.name} was changed")
    return found
