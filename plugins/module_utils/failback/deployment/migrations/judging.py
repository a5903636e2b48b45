"""The statements of a migration's file, judged: the classifier's findings in the gate's own form. Pure."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from failback.deployment.migrations import operations
from failback.deployment.migrations.gate import Judged
from failback.deployment.migrations.words import words
from failback.deployment.statements.classify import classify, classify_files
from failback.deployment.statements.columns import Columns, from_drizzle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.migrations.files import File
    from failback.deployment.migrations.gate import Dialect, Kind, Tool
    from failback.deployment.statements.model import Finding


def judged(tool: Tool, file: File, dialect: Dialect) -> tuple[Judged, ...]:
    """Judge every statement of a file against the schema before it, where the tool keeps one."""
    return _judged(tool, file.content, file.before, dialect)


def judged_after(tool: Tool, files: Sequence[File], dialect: Dialect) -> list[tuple[Judged, ...]]:
    """Judge several files that were applied one after the other: what an earlier one made is new in a later one."""
    if tool == "alembic" or not files:
        return [judged(tool, file, dialect) for file in files]
    return _after(tuple(file.content for file in files), files[0].before, dialect)


def kind_of(statements: Sequence[Judged]) -> Kind:
    """Return the gravest kind of several statements: breaking, then unknown; no statement at all is compatible."""
    kinds = {one.kind for one in statements}
    return "breaking" if "breaking" in kinds else "unknown" if "unknown" in kinds else "compatible"


# Many deployments share most of their migrations: each is judged once in a process.
@cache
def _judged(tool: Tool, content: bytes, before: bytes | None, dialect: Dialect) -> tuple[Judged, ...]:
    if tool == "alembic":
        return _steps(content, dialect)
    text = content.decode("utf-8", "replace")
    return tuple(_form(one, one.number) for one in classify(text, dialect, _columns(before, dialect)))


@cache
def _after(contents: tuple[bytes, ...], before: bytes | None, dialect: Dialect) -> list[tuple[Judged, ...]]:
    texts = [content.decode("utf-8", "replace") for content in contents]
    found = classify_files(texts, dialect, _columns(before, dialect))
    return [tuple(_form(one, one.number) for one in findings) for findings in found]


def _steps(content: bytes, dialect: Dialect) -> tuple[Judged, ...]:
    steps = operations.steps(content, dialect)
    # Together where each of them can be read: what is done to a table that the same revision makes harms nobody.
    texts = [step.sql for step in steps]
    whole = classify(";\n".join(filter(None, texts)), dialect, None) if all(texts) else []
    if len(whole) == len(steps):
        return tuple(_form(one, one.number) for one in whole)
    found: list[Judged] = []
    for step in steps:
        number = len(found) + 1
        if step.sql is None:
            found.append(Judged(step.text, number, "unknown", "python", words("python")))
        else:
            findings = classify(step.sql, dialect, None)
            found.extend(_form(one, number + at) for at, one in enumerate(findings))
    return tuple(found)


def _form(one: Finding, number: int) -> Judged:
    warns = tuple({"rule": warn.rule, "en": warn.en, "ko": warn.ko} for warn in one.warns)
    return Judged(one.statement, number, one.kind, one.rule, dict(one.reason), warns, one.object)


def _columns(before: bytes | None, dialect: Dialect) -> Columns | None:
    if before is None:
        return None
    try:
        return from_drizzle(json.loads(before) or {"dialect": dialect, "tables": {}})
    except (ValueError, TypeError, AttributeError):
        return None
