"""The rules for one column that is added, or defined anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements.column_types import change
from failback.deployment.statements.defaults import fits
from failback.deployment.statements.known import Column
from failback.deployment.statements.state import holds_parent, of_column, part

if TYPE_CHECKING:
    from failback.deployment.statements.column_types import ColumnType
    from failback.deployment.statements.cursor import Name
    from failback.deployment.statements.definition import Definition
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

_MARKS = (
    ("PRIMARY", "add-primary-key"),
    ("CHECK", "add-check"),
    ("GENERATED", "computed"),
    ("AUTO", "automatic-column"),
    ("IDENTITY", "automatic-column"),
)
_STRINGS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
_CALM = frozenset({"", "RESTRICT", "NO ACTION", "SET NULL"})


def added(column: Definition, table: Name, state: State) -> Part:
    """Judge ADD COLUMN on a table older code uses."""
    touched = of_column(table, column.name)
    rule = _refused(column, state)
    if rule:
        return part(rule, touched)
    warnings = ["names-columns"]
    if column.reference:
        if column.reference.table not in state.created and column.reference.on_delete not in _CALM:
            return part("foreign-key-deletes", touched)
        warnings += holds_parent(state, column.reference)
    remember(column, table, state)
    if _left_null(column, state):
        state.fresh.add((table, state.spelled(column.name)))
    return part("add-nullable-column" if column.default is None else "add-column-with-default", touched, *warnings)


def _left_null(column: Definition, state: State) -> bool:
    """Whether rows of older code keep NULL in an added column: the server fills in nothing by itself."""
    if column.default is not None or "ON UPDATE" in column.marks:
        return False
    return bool(column.null) or not _by_setting(column, state)


def _by_setting(column: Definition, state: State) -> bool:
    """Whether MySQL gives a TIMESTAMP a time of its own where explicit_defaults_for_timestamp is off."""
    return state.dialect == "mysql" and column.type.name == "timestamp" and column.null is None


def _refused(column: Definition, state: State) -> str:
    """Return the rule by which an added column stops older code, or may stop it; "" for none."""
    if found := next((rule for mark, rule in _MARKS if mark in column.marks), ""):
        return found
    if column.type.own and not state.is_enum(column.type):
        return "own-type"
    if "UNIQUE" in column.marks and not _left_null(column, state):
        return "add-unique"
    if column.default is None:
        return "" if column.nullable else "add-required-column"
    if column.reference:
        return "add-foreign-key"
    sure = column.type.own or fits(column.default, column.type, state.dialect, wrapped=column.wrapped)
    return "" if sure else "default-not-proven"


def remember(column: Definition, table: Name, state: State) -> None:
    """Keep what a column is from now on."""
    said = column.collation or column.charset
    now = Column(
        column.type,
        column.nullable,
        column.default,
        "AUTO" in column.marks,
        "ON UPDATE" in column.marks,
        "GENERATED" in column.marks,
        None if said else "",
        column.name,
    )
    state.put_column(table, column.name, now)


def modified(column: Definition, table: Name, state: State) -> Part:
    """Judge MODIFY (or CHANGE under the same name): the whole definition of before against the whole new one."""
    touched = of_column(table, column.name)
    before = state.column(table, column.name)
    if before is None or before.type is None:
        return part("type-before-unknown", touched)
    rule = _broken(column, before)
    if not rule and before.nullable and _by_setting(column, state):
        rule = "timestamp-by-setting"
    if before.name and before.name != column.name:
        rule = "rename-column"
    if not rule and column.default and (column.default, column.type) != (before.default, before.type):
        sure = fits(column.default, column.type, state.dialect, wrapped=column.wrapped)
        rule = "" if sure else "default-not-proven"
    if rule:
        return part(rule, touched)
    remember(column, table, state)
    found = of_type(before, column.type, touched, nullable=column.nullable, moved=column.moved)
    if found.rule == "same-definition" and column.default != before.default:
        return part("default-for-required", touched, *(each.rule for each in found.warns))
    return found


def _broken(column: Definition, before: Column) -> str:  # noqa: C901, PLR0911 - one line per rule
    """Return the rule by which a new definition breaks the one of before; "" for none."""
    assert before.type is not None
    marks = column.marks
    if found := type_rule(before.type, column.type, "mysql"):
        return found
    if before.nullable and not column.nullable:
        return "set-not-null"
    if (before.auto, before.on_update, before.generated) != (
        "AUTO" in marks,
        "ON UPDATE" in marks,
        "GENERATED" in marks,
    ):
        return "change-automatic"
    if before.generated:
        return "computed"
    if before.default != column.default:
        return default_rule(before, column)
    if "PRIMARY" in marks:
        return "add-primary-key"
    if "UNIQUE" in marks:
        return "add-unique"
    if "CHECK" in marks:
        return "add-check"
    if column.reference:
        return "add-foreign-key"
    if "HIDDEN" in marks:
        return "hide-column"
    if before.type.name in _STRINGS and not _same_text(column, before):
        return "change-collation"
    return ""


def default_rule(before: Column, column: Definition) -> str:
    """Return the rule by which another default breaks; "" where older code has to name the column anyway."""
    if column.default is None:
        return "drop-default"
    if before.type and before.type.name == "enum" and before.type.arguments:
        # Nobody has to name an ENUM: MySQL gives it its first member, in strict mode too (measured on 9.7).
        return "" if column.default == ("literal", before.type.arguments[0]) else "change-default"
    return "change-default" if before.nullable or before.default is not None or before.auto else ""


def _same_text(column: Definition, before: Column) -> bool:
    """Whether the text stays in the collation of before. A charset without a collation means its own default."""
    if column.collation:
        return before.collation == column.collation
    return before.collation == "" and not column.charset


def type_rule(before: ColumnType, after: ColumnType, dialect: str) -> str:
    """Return the rule by which a change of type breaks; "" for none."""
    found = change(before, after, "mysql" if dialect == "mysql" else "postgresql")
    if found == "narrower":
        return "remove-enum-value" if before.name in {"enum", "set"} else "narrow-type"
    return "change-type" if found == "other" else ""


def of_type(before: Column, after: ColumnType, touched: str, *, nullable: bool, moved: bool = False) -> Part:
    """Return the part for a change of type that breaks nothing."""
    warnings = []
    rule = "same-definition"
    if before.type != after:
        rule = "append-enum-value" if after.name in {"enum", "set"} else "widen-type"
        warnings.append("meets-new-value" if rule == "append-enum-value" else "meets-wider-value")
        warnings += ["driver-type"] if after.name == "bigint" else []
    if nullable and not before.nullable:
        rule = "drop-not-null" if rule == "same-definition" else rule
        warnings.append("meets-null")
    if after.name in _STRINGS:
        warnings.append("changed-by-hand")
    return part(rule, touched, *warnings, *(["names-columns"] if moved else []))
