"""Compare the restored tables with the backup's statements, token by token; spelling that says the same is levelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.restore.bookkeeping import quoted
from failback.restore.ddl import split
from failback.restore.ddl_tokens import solid, tokens, unquote

if TYPE_CHECKING:
    from failback.restore.context import Context
    from failback.restore.ddl import SplitTable


def differences(context: Context) -> list[str]:
    """Say what of each table differs from the backup's statement; empty when nothing does."""
    found: list[str] = []
    for table in context.tables:
        row = context.admin.row(f"SHOW CREATE TABLE {quoted(table.schema, table.name)}")
        there = str(row.get("Create Table", ""))
        if levelled(there) == levelled(table.create):
            continue
        found += [f"{table.label}: {text}" for text in compare(context.split[table.label], split(there))]
    return found


def levelled(create: str) -> list[str]:
    """Give the words of a statement without what two servers may write differently. Pure."""
    words = [
        unquote(item) if item.kind == "name" else item.upper for item in solid(tokens(create.rstrip().rstrip(";")))
    ]
    at = next((i for i, word in enumerate(words) if word == "AUTO_INCREMENT" and words[i + 1 : i + 2] == ["="]), None)
    if at is not None:
        del words[at : at + 3]
    # Since 8.0 the server writes CHARACTER SET beside COLLATE for a column whose collation was given, which a dump does
    # for columns that only inherit it: a table that was restored is written otherwise than its source.
    return [word for i, word in enumerate(words) if not _before_collate(words, i)]


def _before_collate(words: list[str], index: int) -> bool:
    """Whether the word is of CHARACTER SET name in front of COLLATE."""
    return any(
        words[start : start + 2] == ["CHARACTER", "SET"] and words[start + 3 : start + 4] == ["COLLATE"]
        for start in range(max(0, index - 2), index + 1)
    )


def compare(wanted: SplitTable, there: SplitTable) -> list[str]:
    """Compare the parts by name: what a server spells anew (an older dump's defaults, say) is no difference. Pure."""
    told: list[str] = []
    for what, mine, theirs in (
        ("columns", wanted.columns, there.columns),
        ("indexes", _indexes(wanted), _indexes(there)),
        ("foreign keys", tuple(k.name for k in wanted.foreign_keys), tuple(k.name for k in there.foreign_keys)),
    ):
        lost = [name for name in mine if name and name.lower() not in {t.lower() for t in theirs}]
        if lost:
            told.append(f"{what} missing: {', '.join(lost)}")
    if wanted.engine and there.engine and wanted.engine != there.engine:
        told.append(f"engine {there.engine} instead of {wanted.engine}")
    return told


def _indexes(parts: SplitTable) -> tuple[str, ...]:
    return (*parts.kept, *(index.name for index in parts.indexes))
