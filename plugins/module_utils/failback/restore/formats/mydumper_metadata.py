"""mydumper's ``metadata`` file, of 0.10 (plain lines) and of 0.14 to 1.0 (sections). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from failback.restore.model import Position

_TIME = re.compile(r"^#? ?(Started|Finished) dump at: (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", re.MULTILINE)
_SECTION = re.compile(r"^\[(.+)\]\s*$")
_TABLE = re.compile(r"^(?:`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`|\"((?:[^\"]|\"\")+)\"\.\"((?:[^\"]|\"\")+)\")$")
_VALUE = re.compile(r"^#?\s*([\w-]+)\s*=\s*\"?([^\"]*?)\"?\s*$")
_OLD = re.compile(r"^\s+(Log|Pos|GTID):\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Metadata:
    """What the file tells; ``rows`` by (database, table), empty in the old form."""

    started_at: str = ""
    finished_at: str = ""
    position: Position = field(default_factory=Position)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    views: frozenset[tuple[str, str]] = frozenset()


def read_metadata(raw: bytes) -> Metadata:
    """Read either form; what is missing stays empty."""
    text = raw.decode("utf-8", "surrogateescape")
    times = {word: f"{day}T{time}" for word, day, time in _TIME.findall(text)}
    rows: dict[tuple[str, str], int] = {}
    views: set[tuple[str, str]] = set()
    source: dict[str, str] = {}
    table: tuple[str, str] | None = None
    section = ""
    for line in text.splitlines():
        if found := _SECTION.match(line):
            section = found.group(1)
            name = _TABLE.match(section)
            parts = [part for part in name.groups() if part is not None] if name else []
            table = (parts[0].replace("``", "`"), parts[1].replace("``", "`")) if parts else None
        elif pair := _VALUE.match(line):
            key, value = pair.group(1).lower(), pair.group(2)
            if table and key == "rows" and value.isdigit():
                rows[table] = int(value)
            elif table and key == "real_table_name":
                table = (table[0], value)
            elif table and key == "is_view" and value == "1":
                views.add(table)
                rows.pop(table, None)
            elif section.lower() in ("source", "master") or section.lower().startswith(("source", "master")):
                source[key] = value
    old = dict(_OLD.findall(text.split("SHOW SLAVE STATUS", 1)[0]))
    log_file = source.get("source_log_file") or source.get("file") or old.get("Log", "")
    place = source.get("source_log_pos") or source.get("position") or old.get("Pos", "")
    gtid = source.get("executed_gtid_set") or old.get("GTID", "")
    position = Position("".join(gtid.split()), log_file, int(place) if place.isdigit() else 0)
    return Metadata(times.get("Started", ""), times.get("Finished", ""), position, rows, frozenset(views))
