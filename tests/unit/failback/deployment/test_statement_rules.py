from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from failback.deployment.statements.classify import classify, classify_files
from failback.deployment.statements.columns import from_drizzle
from failback.deployment.statements.model import worst
from failback.deployment.statements.words import KINDS, WARNINGS, reason

FILE = Path(__file__).parents[3] / "fixtures/deployment/statements.yml"
TABLE: dict[str, Any] = yaml.safe_load(FILE.read_text())
CASES = [
    pytest.param(dialect, kind, rule, sql, id=f"{dialect}:{rule}:{sql[:60]}")
    for dialect, said in TABLE.items()
    for kind in ("compatible", "breaking", "unknown")
    for rule, sql in said[kind]
]


@pytest.mark.parametrize(("dialect", "kind", "rule", "sql"), CASES)
def test_a_statement_has_the_class_and_the_rule_of_the_table(dialect: Any, kind: str, rule: str, sql: str) -> None:
    found = classify(sql, dialect, from_drizzle(TABLE[dialect]["snapshot"]))

    assert worst(each.kind for each in found) == kind
    assert rule in [part.rule for each in found for part in each.parts if part.kind == kind]


@pytest.mark.parametrize(("dialect", "kind", "rule", "sql"), [each for each in CASES if each.values[1] != "compatible"])
def test_without_the_schema_before_nothing_becomes_compatible(dialect: Any, kind: str, rule: str, sql: str) -> None:
    del kind, rule

    assert worst(each.kind for each in classify(sql, dialect, None)) != "compatible"


FILES = [
    pytest.param(dialect, each["text"], each["rules"], id=f"{dialect}:{each['text'][:50]}")
    for dialect, said in TABLE.items()
    for each in said["files"]
]


@pytest.mark.parametrize(("dialect", "text", "rules"), FILES)
def test_statements_of_a_file_are_judged_one_after_the_other(dialect: Any, text: str, rules: list[str]) -> None:
    found = classify(text, dialect, from_drizzle(TABLE[dialect]["snapshot"]))

    assert [each.rule for each in found] == rules
    assert [each.number for each in found] == list(range(1, len(found) + 1))


def test_the_table_is_large_and_every_rule_has_its_statement() -> None:
    seen = {part.rule for each in CASES for f in _found(*each.values) for part in f.parts}
    seen |= {rule for _, _, rules in (each.values for each in FILES) for rule in rules}

    assert len(CASES) >= 200
    assert set(KINDS) - seen <= {"not-text", "second-reader", "index-visible"}


def _found(dialect: Any, kind: str, rule: str, sql: str) -> Any:
    del kind, rule
    return classify(sql, dialect, from_drizzle(TABLE[dialect]["snapshot"]))


def test_what_an_earlier_migration_made_is_new_for_a_later_one() -> None:
    first, second = classify_files(["CREATE TABLE a (id int)", "ALTER TABLE a DROP COLUMN id"], "mysql", None)

    assert [each.rule for each in (*first, *second)] == ["new-table", "on-new-table"]


def test_warnings_name_what_a_person_should_have_read() -> None:
    before = from_drizzle(TABLE["mysql"]["snapshot"])

    (wider,) = classify("ALTER TABLE users MODIFY age bigint", "mysql", before)
    (null,) = classify("ALTER TABLE users MODIFY email varchar(50)", "mysql", before)
    (key,) = classify("CREATE TABLE a (u int, FOREIGN KEY (u) REFERENCES users (id))", "mysql", before)

    assert [each.rule for each in wider.warns] == ["meets-wider-value", "driver-type"]
    assert "meets-null" in [each.rule for each in null.warns]
    assert [each.rule for each in key.warns] == ["holds-parent"]
    assert wider.as_dict()["warns"][0]["ko"] == WARNINGS["meets-wider-value"][1]
    assert wider.object == "users.age"


def test_the_page_has_every_rule_in_its_class_with_its_reason() -> None:
    page = (Path(__file__).parents[4] / "docs/migrations.md").read_text()
    at = {kind: page.index(f"\n## {kind.capitalize()}\n") for kind in ("compatible", "breaking", "unknown")}
    ends = {"compatible": at["breaking"], "breaking": at["unknown"], "unknown": page.index("\n## Warnings")}

    for rule, kind in KINDS.items():
        rows = page[at[kind] : ends[kind]].splitlines()
        assert any(row.startswith(f"| `{rule}` |") and row.endswith(f"| {reason(rule)['en']} |") for row in rows), rule
    assert all(f"| `{rule}` | {said[0]} |" in page for rule, said in WARNINGS.items())


def test_text_that_is_no_sql_never_raises() -> None:
    for text in (
        "",
        ";;",
        "(",
        "ALTER TABLE",
        "ALTER TABLE t ADD (",
        "CREATE TABLE t (" * 300,
        "\0",
        "'",
        "ALTER TABLE t ADD a varchar('x')",
    ):
        for dialect in ("mysql", "postgresql"):
            found = classify(text, dialect, None)  # type: ignore[arg-type]
            assert all(each.kind != "compatible" for each in found)
