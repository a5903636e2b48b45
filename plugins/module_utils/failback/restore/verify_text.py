"""Judges the text of a dump event by event: is it whole, does every row have its fields, is the text what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from failback.errors import DamagedError
from failback.restore.formats.dump_state import SYSTEM_SCHEMAS
from failback.restore.formats.insert_pieces import BACKSLASH_CHARSETS
from failback.restore.formats.insert_text import (
    count_rows,
    joined,
    line_breaks_fit,
    quote_of,
    separator_of,
)
from failback.restore.formats.mysqldump import broken, harmless, table_of
from failback.restore.formats.scan import Alien, Rest, Run, Statement
from failback.restore.model import Finding
from failback.restore.sql_text import ERROR_LINE, NAME, bare, unquote_name
from failback.restore.sql_text_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.restore.formats.dump_state import DumpState
    from failback.restore.formats.scan import Event
    from failback.restore.model import Backup, Table

UTF8 = frozenset({"utf8", "utf8mb3", "utf8mb4"})
_TEXT_STRINGS = {
    b"'": re.compile(rb"_binary '[^'\\]*+(?:\\.[^'\\]*+)*+'|('[^'\\]*+(?:\\.[^'\\]*+)*+')", re.DOTALL),
    b'"': re.compile(rb'_binary "[^"\\]*+(?:\\.[^"\\]*+)*+"|("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL),
}
_COUNTER = re.compile(r"\bAUTO_INCREMENT=(\d+)")


def _no_utf8(raw: bytes) -> int:
    """Give the place of the first byte that is no UTF-8, or -1."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


class TextJudge:
    """Collects findings and counts rows. ``unproven`` are those of its findings that a manifest can settle."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unproven: list[Finding] = []
        self.rows: dict[tuple[str, str], int] = {}
        self.uncounted: set[tuple[str, str]] = set()
        self.states: dict[str, DumpState] = {}
        self._told: set[tuple[str, tuple[str, str], str]] = set()

    def fatal(self, file: str, what: str, next_step: str = "take another copy, or use another backup") -> Finding:
        """Note something that must not be restored from."""
        finding = Finding("fatal", file, what, next_step)
        self.findings.append(finding)
        return finding

    def warn(self, file: str, what: str, next_step: str = "") -> None:
        """Note something a person should know."""
        self.findings.append(Finding("warning", file, what, next_step))

    def event(self, file: str, event: Event, state: DumpState) -> None:
        """Judge one event; the state has taken it in."""
        self.states[file] = state
        if isinstance(event, Run):
            key = table_of(event, state)
            if key[0] not in SYSTEM_SCHEMAS:
                try:
                    self.run(file, event, state, state.tables.get(key), key)
                except DamagedError as error:
                    self._once(file, key, "create", f"the definition of {'.'.join(key)} is damaged: {error}")
        elif isinstance(event, Statement):
            self._statement(file, event)
        elif isinstance(event, Alien | Rest) and harmless(event):
            self.warn(file, "begins with a warning of mysqldump, caught by 2>&1; it is left out")
        elif isinstance(event, Alien | Rest):
            self.findings.append(Finding("fatal", file, broken(file or "the dump", event), "use another backup"))

    def _statement(self, file: str, event: Statement) -> None:
        raw = event.text
        if b"mysqldump: " not in raw and b"ERROR " not in raw and b"mydumper" not in raw:
            return
        if found := ERROR_LINE.search(bare(raw)):
            line = found.group()[:160].decode("utf-8", "replace")
            self.fatal(
                file, f"an error message stands in the statement at byte {event.offset}: {line!r}", "take another dump"
            )

    def run(self, file: str, run: Run, state: DumpState, table: Table | None, key: tuple[str, str]) -> None:
        """Judge the rows of a run of INSERTs."""
        label = ".".join(key)
        if table is None:
            self._once(file, key, "table", f"has rows of {label}, but does not create that table")
            return
        self.rows.setdefault(key, 0)
        if not (run.opens and run.closes) or state.names in BACKSLASH_CHARSETS:
            # A chunk of one huge statement, or text that only the server can take apart.
            self.uncounted.add(key)
            return
        quote = quote_of(run.body)
        body = joined(run.body, run.head, separator_of(run.body) or b"),(")
        if not line_breaks_fit(body):
            self._stray_line(file, run, body, label)
            return
        known = columns_of(table.create)
        names = [unquote_name(name) for name in re.findall(NAME, run.columns)]
        self.lost_columns(file, table, names)
        listed = len(names)
        if not listed and any(one.invisible for one in known):
            hidden = ", ".join(one.name for one in known if one.invisible)
            self._once(
                file,
                key,
                "invisible",
                f"the rows of {label} lack the invisible column {hidden}: its values were not dumped",
                severe=False,
            )
        fields = listed or len([one for one in known if not one.invisible and not one.generated])
        count, fit = count_rows(body, quote, fields)
        if not fit or not body.startswith(b"(") or not body.endswith(b")"):
            where = f"near byte {run.offset}"
            self._once(
                file, key, "fields", f"the rows of {label} {where} are damaged: not every one has {fields} fields"
            )
        self.rows[key] += count
        self._encoding(file, run, state, table, quote)

    def lost_columns(self, file: str, table: Table, names: Sequence[str]) -> None:
        """Name columns that the rows leave out though they hold values: a restore would fill in its own.

        mydumper 0.10 leaves out what has DEFAULT CURRENT_TIMESTAMP, since MySQL 8 calls that DEFAULT_GENERATED.
        """
        given = {name.lower() for name in names}
        left_out = [
            one.name
            for one in columns_of(table.create)
            if given and not one.generated and not one.invisible and one.name.lower() not in given
        ]
        if left_out:
            what = f"the rows of {table.label} lack the column {', '.join(left_out)}: its values were not dumped"
            self._once(file, (table.schema, table.name), "columns", what)

    def _stray_line(self, file: str, run: Run, body: bytes, label: str) -> None:
        """Name the line that stands within the rows."""
        lines = body.split(b"\n")
        error = next((found for line in lines[1:] if (found := ERROR_LINE.search(line))), None)
        error = error or re.search(rb"(?:mysqldump|mariadb-dump|mydumper): .*", body)
        where = f"among the rows of {label}, after byte {run.offset}"
        if error is not None:
            said = error.group()[:160].decode("utf-8", "replace")
            self.fatal(file, f"an error message stands {where}: {said!r}", "the dump failed, take another")
        else:  # its text may be data, so it is not shown
            self.fatal(file, f"a line that belongs to no row stands {where}")

    def _encoding(self, file: str, run: Run, state: DumpState, table: Table, quote: bytes) -> None:
        """Check that what calls itself UTF-8 is UTF-8."""
        columns = columns_of(table.create)
        if state.names == "binary":
            plain = all(one.charset in ("", "utf8mb4", "utf8mb3", "ascii") and not one.binary for one in columns)
            if not plain:
                return
        elif state.names not in UTF8 and state.names:
            return
        place = _no_utf8(run.body)
        if place >= 0 and any(one.binary for one in columns):
            place = _no_utf8(b"".join(_TEXT_STRINGS[quote].findall(run.body)))
        if place < 0:
            return
        self._once(
            file,
            (table.schema, table.name),
            "utf8",
            f"the rows of {table.label} hold bytes that are no UTF-8, near byte {run.offset + place}: the text is"
            f" damaged, or the dump is not in {state.names or 'utf8mb4'} as it says",
        )

    def _once(self, file: str, key: tuple[str, str], kind: str, what: str, *, severe: bool = True) -> None:
        """Say one thing about one table once."""
        if (file, key, kind) in self._told:
            return
        self._told.add((file, key, kind))
        if severe:
            self.fatal(file, what)
        else:
            self.warn(file, what, "check what the application needs of it")

    def finish(self, backup: Backup, *, rows_elsewhere: bool = False) -> None:
        """Judge what only the end of the reading shows, for mysqldump's texts."""
        for file, state in self.states.items():
            if rows_elsewhere and (state.once_completed or not (state.tool or state.tables)):
                continue
            if not state.completed and state.tool:
                self.fatal(
                    file,
                    "its end is missing: no line '-- Dump completed' closes it, so it was cut short or the dump failed",
                )
            elif not state.completed:
                self.unproven.append(
                    self.fatal(
                        file, "nothing in it says that it is whole (made with --compact?)", "add a manifest to it"
                    )
                )
            if rows_elsewhere:
                continue
            for table in backup.tables:
                key = (table.schema, table.name)
                exact = state.names not in BACKSLASH_CHARSETS
                if exact and key in state.tables and state.filled and key not in state.filled:
                    self.fatal(file, f"the section with the rows of {table.label} is missing")
        if self.uncounted:
            names = ", ".join(".".join(key) for key in sorted(self.uncounted))
            self.warn("", f"the rows of {names} could not be counted")
        if not rows_elsewhere:
            self.doubt_empty(backup)

    def doubt_empty(self, backup: Backup) -> None:
        """Point at tables without rows whose counter says that there were some."""
        for table in backup.tables:
            counter = _COUNTER.search(table.create)
            key = (table.schema, table.name)
            if counter and int(counter.group(1)) > 1 and not self.rows.get(key) and key not in self.uncounted:
                self.warn(
                    "", f"{table.label} has no rows, though its counter stands at {counter.group(1)}: emptied, or lost"
                )
