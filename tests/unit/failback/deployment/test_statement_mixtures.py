"""Whatever stands around it: a breaking action anywhere makes the statement, and so the file, not compatible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from failback.deployment.statements.classify import classify, classify_files
from failback.deployment.statements.columns import from_drizzle
from failback.deployment.statements.model import worst
from failback.deployment.statements.split import BREAKPOINT
from hypothesis import given, settings
from hypothesis import strategies as st

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "fixtures/deployment/statements.yml").read_text())
BEFORE = {dialect: from_drizzle(said["snapshot"]) for dialect, said in TABLE.items()}
START = "ALTER TABLE users "


def _actions(dialect: str, *kinds: str) -> list[str]:
    """The single actions of the table's ALTER TABLE users statements."""
    found = [sql for kind in kinds for _, sql in TABLE[dialect][kind] if sql.startswith(START)]
    return [sql.removeprefix(START) for sql in found if len(classify(sql, dialect, None)[0].parts) == 1]  # type: ignore[arg-type]


def _whole(dialect: str, *kinds: str) -> list[str]:
    return [sql for kind in kinds for _, sql in TABLE[dialect][kind]]


FINE = {dialect: _actions(dialect, "compatible") for dialect in TABLE}
BAD = {dialect: _actions(dialect, "breaking", "unknown") for dialect in TABLE}
DIALECTS = st.sampled_from(sorted(TABLE))


@given(st.data())
@settings(max_examples=150)
def test_a_breaking_action_anywhere_in_an_alter_makes_it_not_compatible(data: st.DataObject) -> None:
    dialect: Any = data.draw(DIALECTS)
    actions = data.draw(st.lists(st.sampled_from(FINE[dialect]), max_size=4))
    actions.insert(data.draw(st.integers(0, len(actions))), data.draw(st.sampled_from(BAD[dialect])))
    comma = data.draw(st.sampled_from([", ", ",\n  ", " ,\t", ", /* x, y */ "]))

    assert worst(each.kind for each in classify(START + comma.join(actions), dialect, BEFORE[dialect])) != "compatible"


@given(st.data())
@settings(max_examples=150)
def test_a_breaking_statement_anywhere_in_a_file_makes_it_not_compatible(data: st.DataObject) -> None:
    dialect: Any = data.draw(DIALECTS)
    texts = data.draw(st.lists(st.sampled_from(_whole(dialect, "compatible")), max_size=4))
    texts.insert(
        data.draw(st.integers(0, len(texts))), data.draw(st.sampled_from(_whole(dialect, "breaking", "unknown")))
    )
    between = data.draw(
        st.sampled_from([";", ";\n", f"\n{BREAKPOINT}\n", f";{BREAKPOINT}", ";\n-- a note; of sorts\n"])
    )

    assert worst(each.kind for each in classify(between.join(texts), dialect, BEFORE[dialect])) != "compatible"
    found = classify_files(texts, dialect, BEFORE[dialect])
    assert worst(each.kind for file in found for each in file) != "compatible"


@given(st.data())
@settings(max_examples=100)
def test_capitals_and_comments_change_nothing(data: st.DataObject) -> None:
    dialect: Any = data.draw(DIALECTS)
    kind = data.draw(st.sampled_from(["compatible", "breaking"]))
    _, sql = data.draw(
        st.sampled_from([each for each in TABLE[dialect][kind] if "'" not in each[1] and '"' not in each[1]])
    )
    if "$$" in sql:
        return
    glue = data.draw(st.sampled_from(["  ", "\n", " /* ; ' */ ", "\n-- it's ;\n", "\t"]))
    bent = sql.replace(" ", glue)

    first = classify(sql, dialect, BEFORE[dialect])
    assert [each.rule for each in classify(f"/* head */ {bent} ;", dialect, BEFORE[dialect])] == [
        each.rule for each in first
    ]


@given(st.text(alphabet="ALTER TABLE users ADD DROP COLUMN int NOT NULL ,;()'`\"\\-/*!#$0\n", max_size=80))
@settings(max_examples=300)
def test_no_text_makes_it_fail(text: str) -> None:
    for dialect in TABLE:
        classify(text, dialect, BEFORE[dialect])  # type: ignore[arg-type]


@given(st.data())
@settings(max_examples=200)
def test_a_change_of_type_called_compatible_keeps_every_value(data: st.DataObject) -> None:
    """An order of types: what is wider one way is never wider the other way."""
    dialect: Any = data.draw(DIALECTS)
    kinds = {
        "mysql": [
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "int unsigned",
            "varchar({n})",
            "decimal({n},2)",
            "text",
            "enum('a')",
        ],
        "postgresql": ["smallint", "integer", "bigint", "varchar({n})", "numeric({n}, 2)", "text", "varchar"],
    }[dialect]
    first, second = (
        data.draw(st.sampled_from(kinds)).replace("{n}", str(data.draw(st.integers(3, 60)))) for _ in range(2)
    )
    before, after = (_compatible(first, second, dialect), _compatible(second, first, dialect))

    assert first == second or not (before and after) or {first, second} == {"text", "varchar"}


def _compatible(before: str, after: str, dialect: Any) -> bool:
    shape = {
        "dialect": dialect,
        "tables": {"t": {"name": "t", "indexes": {}, "foreignKeys": {}, "columns": {"c": _column(before)}}},
    }
    verb = "MODIFY c" if dialect == "mysql" else "ALTER COLUMN c TYPE"
    return classify(f"ALTER TABLE t {verb} {after}", dialect, from_drizzle(shape))[0].kind == "compatible"


def _column(kind: str) -> dict[str, Any]:
    return {"name": "c", "type": kind, "primaryKey": False, "notNull": False}
