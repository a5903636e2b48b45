"""A person's word on a change set: which tables, which classes, by whom. Pure but for reading the file.

    {"run": "...", "digest": "<SHA-256 of changes.jsonl>", "approved_by": "...", "reason": "...",
     "tables": ["shop.orders", "shop.order_items"], "classes": ["clean"], "cascades": false}

``classes``: "clean", or "insert_only" for those of the tables that only got new rows. Conflicting rows are no class.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CLASSES = frozenset({"clean", "insert_only"})
_KEYS = frozenset({"run", "digest", "approved_by", "reason", "tables", "classes", "cascades"})


@dataclass(frozen=True)
class Approval:
    """What was approved."""

    run: str
    digest: str
    approved_by: str
    reason: str
    tables: frozenset[str]
    classes: frozenset[str]
    cascades: bool

    def takes(self, label: str, *, insert_only: bool) -> bool:
        """Whether the rows of a table are to be applied."""
        return label in self.tables and ("clean" in self.classes or insert_only)

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "run": self.run,
            "digest": self.digest,
            "approved_by": self.approved_by,
            "reason": self.reason,
            "tables": sorted(self.tables),
            "classes": sorted(self.classes),
            "cascades": self.cascades,
        }


def read(path: str, *, run: str, digest: str, tables: Collection[str]) -> Approval:
    """Read and check the file. Raises RefusedError naming what is missing or does not fit."""
    if not path:
        raise RefusedError(f"nothing is applied without an approval: write one for digest {digest} and name its file")
    try:
        found = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"the approval {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RefusedError(f"the approval {path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RefusedError(f"the approval {path} is not a JSON object")
    return check(found, path, run=run, digest=digest, tables=tables)


def check(found: Mapping[str, object], path: str, *, run: str, digest: str, tables: Collection[str]) -> Approval:
    """Check what the file says against the change set. Raises RefusedError."""
    unknown = set(found) - _KEYS
    if unknown:
        raise RefusedError(f"the approval {path} has {', '.join(sorted(unknown))}, which means nothing here")
    words = {key: str(found.get(key) or "").strip() for key in ("run", "digest", "approved_by", "reason")}
    empty = [key for key, value in words.items() if not value]
    if empty:
        raise RefusedError(f"the approval {path} lacks {', '.join(empty)}")
    if words["digest"] != digest:
        raise RefusedError(
            f"the approval {path} is for another change set (digest {words['digest'][:16]}..., this one is"
            f" {digest[:16]}...): look at this one, then approve it"
        )
    if words["run"] != run:
        raise RefusedError(f"the approval {path} is for run {words['run']}, this change set is of run {run}")
    chosen, classes = _list(found, "tables", path), _list(found, "classes", path)
    strange = chosen - set(tables)
    if strange:
        raise RefusedError(f"the approval {path} names tables that RDS did not change: {', '.join(sorted(strange))}")
    if not classes <= CLASSES:
        raise RefusedError(f"the approval {path} names classes other than clean and insert_only; nothing else applies")
    cascades = found.get("cascades", False)
    if not isinstance(cascades, bool):
        raise RefusedError(f"cascades in the approval {path} must be true or false")
    return Approval(words["run"], words["digest"], words["approved_by"], words["reason"], chosen, classes, cascades)


def _list(found: Mapping[str, object], key: str, path: str) -> frozenset[str]:
    value = found.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise RefusedError(f"{key} in the approval {path} must be a list of names")
    return frozenset(value)
