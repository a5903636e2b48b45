"""Whether a replica's filters leave a table out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Rules = dict[str, list[str]]


def left_out(filters: Sequence[tuple[str, str]], label: str) -> str:
    """Name the filter that leaves a table out; "" when none does.

    ``filters`` are name and rule as performance_schema shows them. Rules as in the manual, "How Servers Evaluate
    Replication Filtering Rules", for row events: schemas first, then tables, then patterns.
    """
    rules: _Rules = {}
    for name, rule in filters:
        rules.setdefault(name.removeprefix("REPLICATE_"), []).extend(
            part.strip() for part in rule.split(",") if part.strip()
        )
    return _by_schema(rules, label.partition(".")[0]) or _by_table(rules, label)


def _by_schema(rules: _Rules, schema: str) -> str:
    only, never = rules.get("DO_DB", []), rules.get("IGNORE_DB", [])
    if only:
        return "" if schema in only else f"REPLICATE_DO_DB={','.join(only)}"
    return f"REPLICATE_IGNORE_DB={schema}" if schema in never else ""


def _by_table(rules: _Rules, label: str) -> str:
    """Take the first rule that names the table; a list of what to take leaves out all else."""
    for name, wild in (
        ("DO_TABLE", False),
        ("IGNORE_TABLE", False),
        ("WILD_DO_TABLE", True),
        ("WILD_IGNORE_TABLE", True),
    ):
        hit = next((rule for rule in rules.get(name, ()) if _fits(rule, label, wild=wild)), "")
        if hit:
            return f"REPLICATE_{name}={hit}" if "IGNORE" in name else ""
    wanted = [*rules.get("DO_TABLE", ()), *rules.get("WILD_DO_TABLE", ())]
    return f"REPLICATE_DO_TABLE={','.join(wanted)}" if wanted else ""


def _fits(rule: str, label: str, *, wild: bool) -> bool:
    """Match as LIKE does, or exactly."""
    if not wild:
        return rule == label
    parts: Iterable[str] = re.split(r"(\\.|%|_)", rule)
    marks = {"%": ".*", "_": "."}
    return (
        re.fullmatch("".join(marks.get(part, re.escape(part.removeprefix("\\"))) for part in parts), label) is not None
    )
