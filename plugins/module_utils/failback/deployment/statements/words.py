"""The rules by name, with the sentence a person reads. ``docs/migrations.md`` explains them; a test compares the two.

They live here and not in the command's catalogue, since a play without the command writes them too. What is touched
(``{object}``) stands before a colon or in a place where no Korean particle hangs on it.
"""

from __future__ import annotations

COMPATIBLE: dict[str, tuple[str, str]] = {
    "new-table": ("A new table: older code does not use it.", "새 테이블이며 이전 코드는 사용하지 않습니다."),
    "on-new-table": (
        "It touches only a table that this migration made.",
        "이 마이그레이션에서 만든 테이블만 바꿉니다.",
    ),
    "add-nullable-column": (
        "A new column that may stay NULL: older code writes without it.",
        "NULL을 허용하는 새 열이며 이전 코드는 이 열 없이 쓸 수 있습니다.",
    ),
    "add-column-with-default": (
        "A new column with a default: older code writes without it.",
        "기본값이 있는 새 열이며 이전 코드는 이 열 없이 쓸 수 있습니다.",
    ),
    "add-index": (
        "An index that is not unique forbids nothing.",
        "고유하지 않은 인덱스는 어떤 쓰기도 막지 않습니다.",
    ),
    "unique-on-new-column": (
        "Older code leaves the new columns NULL, and NULL is never a duplicate.",
        "이전 코드는 새 열을 NULL로 두며 NULL은 중복으로 보지 않습니다.",
    ),
    "foreign-key-on-new-column": (
        "Older code leaves the new column NULL, and NULL points nowhere.",
        "이전 코드는 새 열을 NULL로 두며 NULL은 아무것도 참조하지 않습니다.",
    ),
    "widen-type": (
        "The new type takes every value of the type before, and gives it back as it was.",
        "새 자료형은 이전 자료형의 모든 값을 그대로 저장하고 돌려줍니다.",
    ),
    "same-definition": (
        "The column stays what it was for whoever reads and writes it.",
        "읽고 쓰는 쪽에서 보면 열 정의가 그대로입니다.",
    ),
    "drop-not-null": (
        "Older code still writes a value; it is only no longer demanded.",
        "이전 코드는 여전히 값을 쓰며, 필수 조건만 없어집니다.",
    ),
    "default-for-required": (
        "Older code has to name this column anyway, so the new default never serves it.",
        "이전 코드는 이 열의 값을 항상 지정해야 하므로 새 기본값이 적용되지 않습니다.",
    ),
    "append-enum-value": (
        "The values of before stay, in their order.",
        "이전 값과 순서가 그대로 유지됩니다.",
    ),
    "drop-check": (
        "A rule is lifted: nothing older code writes is refused.",
        "제약이 없어질 뿐 이전 코드의 쓰기는 거부되지 않습니다.",
    ),
    "drop-calm-foreign-key": (
        "A foreign key that only refuses is lifted: nothing older code writes is refused.",
        "거부만 하던 외래 키가 없어질 뿐 이전 코드의 쓰기는 거부되지 않습니다.",
    ),
    "no-effect": (
        "It says how the server does its work or what people read, not what the table is.",
        "서버의 작업 방식이나 설명만 바꾸며 테이블 자체는 그대로입니다.",
    ),
    "new-view": ("A new view: older code does not use it.", "새 뷰이며 이전 코드는 사용하지 않습니다."),
    "new-namespace": ("A new, empty place for tables.", "비어 있는 새 스키마입니다."),
    "new-type": ("A new type: older code does not use it.", "새 자료형이며 이전 코드는 사용하지 않습니다."),
    "seed-new-table": (
        "Rows for a table that this migration made.",
        "이 마이그레이션에서 만든 테이블에 행을 넣습니다.",
    ),
    "transaction": ("It begins or ends a transaction.", "트랜잭션을 시작하거나 끝냅니다."),
    "session-setting": (
        "It changes only the session that carries the migration out.",
        "마이그레이션을 실행하는 세션에만 적용됩니다.",
    ),
    "add-partition": (
        "A further partition: every row that fitted before still fits.",
        "파티션이 추가될 뿐 이전에 들어가던 행은 그대로 들어갑니다.",
    ),
    "index-visible": ("The server may use the index again.", "서버가 인덱스를 다시 사용할 수 있습니다."),
}

BREAKING: dict[str, tuple[str, str]] = {
    "drop-table": ("Older code reads or writes a table that is gone.", "이전 코드가 사용하는 테이블이 없어집니다."),
    "drop-column": ("Older code names a column that is gone.", "이전 코드가 사용하는 열이 없어집니다."),
    "rename-table": ("Older code knows the table by its old name.", "이전 코드는 테이블을 예전 이름으로 사용합니다."),
    "rename-column": ("Older code knows the column by its old name.", "이전 코드는 열을 예전 이름으로 사용합니다."),
    "rename-other": (
        "Older code can know it by its old name: in an index hint, ON CONFLICT, a cast.",
        "인덱스 힌트, ON CONFLICT, 형 변환 등에서 이전 코드가 예전 이름을 쓸 수 있습니다.",
    ),
    "add-required-column": (
        "INSERTs of older code leave the column out and are refused: it takes no NULL and has no default.",
        "이 열은 NULL도 기본값도 없어, 열을 지정하지 않는 이전 코드의 INSERT가 거부됩니다.",
    ),
    "set-not-null": ("Older code may write NULL here and is refused.", "이전 코드가 NULL을 쓰면 거부됩니다."),
    "narrow-type": (
        "Values that older code may write no longer fit, or were cut off already.",
        "이전 코드가 쓸 수 있는 값이 더는 들어가지 않거나 이미 잘렸습니다.",
    ),
    "change-type": (
        "The column is read or compared in another way than older code expects.",
        "이전 코드가 예상하는 것과 다른 방식으로 값을 읽거나 비교하게 됩니다.",
    ),
    "remove-enum-value": (
        "A value older code may write is gone, or stands at another place.",
        "이전 코드가 쓸 수 있는 값이 없어지거나 순서가 바뀝니다.",
    ),
    "change-collation": (
        "Comparing, sorting or storing text changes for older code.",
        "이전 코드의 문자열 비교, 정렬, 저장 방식이 달라집니다.",
    ),
    "drop-default": (
        "INSERTs of older code that leave the column out are refused or get another value.",
        "열을 지정하지 않는 이전 코드의 INSERT가 거부되거나 다른 값이 들어갑니다.",
    ),
    "change-default": (
        "INSERTs of older code that leave the column out get another value.",
        "열을 지정하지 않는 이전 코드의 INSERT에 다른 값이 들어갑니다.",
    ),
    "change-automatic": (
        "What the server fills in by itself changes: a number, a time, a generated value.",
        "서버가 자동으로 채우는 번호, 시각, 생성 값이 달라집니다.",
    ),
    "hide-column": (
        "SELECT * of older code no longer gives the column.",
        "이전 코드의 SELECT * 결과에서 열이 빠집니다.",
    ),
    "add-unique": ("Older code may write duplicates and is refused.", "이전 코드가 중복 값을 쓰면 거부됩니다."),
    "add-primary-key": (
        "Older code may write duplicates or no value at all, and is refused.",
        "이전 코드가 중복 값을 쓰거나 값을 쓰지 않으면 거부됩니다.",
    ),
    "add-foreign-key": (
        "Older code may write values that point nowhere, or delete what is pointed at, and is refused.",
        "이전 코드가 참조할 수 없는 값을 쓰거나 참조되는 행을 지우면 거부됩니다.",
    ),
    "foreign-key-deletes": (
        "When older code deletes or changes a row, the server changes rows of an older table by itself.",
        "이전 코드가 행을 지우거나 바꾸면 서버가 기존 테이블의 행까지 자동으로 바꿉니다.",
    ),
    "add-check": ("Older code may write what the rule forbids.", "이전 코드가 제약에 어긋나는 값을 쓸 수 있습니다."),
    "drop-key": (
        "Older code can rely on it: no duplicates, upserts, a search, a hint by name, or its speed.",
        "이전 코드가 중복 방지, upsert, 검색, 이름을 쓴 힌트, 성능을 이 키에 의존할 수 있습니다.",
    ),
    "drop-foreign-key": (
        "Older code can rely on what this foreign key deletes or changes by itself, or it is not known what it does.",
        "이전 코드가 이 외래 키의 자동 삭제나 변경에 의존할 수 있거나, 동작을 알 수 없습니다.",
    ),
    "hide-index": (
        "Queries of older code lose the index; one that names it is refused.",
        "이전 코드의 쿼리가 인덱스를 쓰지 못하며, 이름을 지정한 쿼리는 거부됩니다.",
    ),
    "drop-object": (
        "Older code can use it, or rely on what it does by itself.",
        "이전 코드가 사용하거나 그 동작에 의존할 수 있습니다.",
    ),
    "trigger": (
        "It runs, or no longer runs, on writes of older code too.",
        "이전 코드의 쓰기에도 실행되거나 더는 실행되지 않게 됩니다.",
    ),
    "change-rows": (
        "It changes or removes rows older code knows; going back with the code does not bring them back.",
        "이전 코드가 아는 행을 바꾸거나 지우며, 코드를 되돌려도 데이터는 돌아오지 않습니다.",
    ),
    "remove-partition": (
        "Rows are gone, or there is no place for rows older code writes.",
        "행이 없어지거나 이전 코드가 쓰는 행이 들어갈 곳이 없어집니다.",
    ),
    "take-rights": ("Accounts of older code can lose what they may do.", "이전 코드의 계정이 권한을 잃을 수 있습니다."),
    "other-engine": (
        "The table keeps its rows in another way: transactions or foreign keys may be gone.",
        "저장 방식이 바뀌어 트랜잭션이나 외래 키를 쓰지 못할 수 있습니다.",
    ),
    "row-security": (
        "Older code may no longer see or write every row.",
        "이전 코드가 일부 행을 보거나 쓰지 못할 수 있습니다.",
    ),
    "move-object": ("Older code looks for it where it was.", "이전 코드는 원래 위치에서 찾습니다."),
}

UNKNOWN: dict[str, tuple[str, str]] = {
    "not-understood": (
        "This statement is not understood, so it counts as breaking.",
        "해석할 수 없는 문장이므로 호환되지 않는 것으로 봅니다.",
    ),
    "hidden-sql": (
        "A comment holds SQL that one server carries out and another does not (/*! ... */, /*+ ... */).",
        "서버에 따라 실행 여부가 달라지는 SQL이 주석 안에 있습니다(/*! ... */, /*+ ... */).",
    ),
    "backslash": (
        "A backslash before a quote: where the text ends depends on how the server is set.",
        "따옴표 앞에 백슬래시가 있어 서버 설정에 따라 문자열의 끝이 달라집니다.",
    ),
    "special-literal": (
        "A literal with rules of its own (E'', U&'', N'', B'', X''): it is not read.",
        "별도 규칙이 있는 리터럴(E'', U&'', N'', B'', X'')이므로 해석하지 않습니다.",
    ),
    "unfinished": ("A quote or a comment does not end.", "따옴표나 주석이 끝나지 않았습니다."),
    "not-text": ("It holds signs that are no text.", "텍스트가 아닌 문자가 들어 있습니다."),
    "second-reader": (
        "Two readers of SQL do not agree on this statement.",
        "두 SQL 해석기의 결과가 일치하지 않습니다.",
    ),
    "type-before-unknown": (
        "What the column was before is not known, so nobody can say whether it still takes every value.",
        "열의 이전 정의를 알 수 없어 모든 값을 저장할 수 있는지 판단할 수 없습니다.",
    ),
    "timestamp-by-setting": (
        "TIMESTAMP that says neither NULL nor NOT NULL: where explicit_defaults_for_timestamp is off it takes no NULL.",
        "NULL 여부를 밝히지 않은 TIMESTAMP는 explicit_defaults_for_timestamp가 꺼져 있으면 NULL을 저장하지 않습니다.",
    ),
    "default-not-proven": (
        "It is not certain that the column takes its own default; if not, INSERTs of older code fail.",
        "열이 기본값을 저장할 수 있는지 확실하지 않습니다. 저장할 수 없으면 이전 코드의 INSERT가 실패합니다.",
    ),
    "own-type": (
        "The type was made by the schema and may have rules of its own.",
        "스키마에서 정의한 자료형이므로 별도 제약이 있을 수 있습니다.",
    ),
    "computed": (
        "The server computes a value when older code writes, and that can fail.",
        "이전 코드가 쓸 때 서버가 값을 계산하며 이 계산이 실패할 수 있습니다.",
    ),
    "automatic-column": (
        "The server numbers the rows by itself; what older code is told about its INSERT can change.",
        "서버가 행에 번호를 매기므로 이전 코드가 INSERT 결과로 받는 값이 달라질 수 있습니다.",
    ),
    "index-on-long-values": (
        "A long value may not fit into the index, and then older code cannot write it (PostgreSQL: 2704 bytes).",
        "긴 값은 인덱스에 들어가지 않아 이전 코드가 쓰지 못할 수 있습니다(PostgreSQL: 2704바이트).",
    ),
    "copies-rows": ("It reads rows by a query that is not judged.", "판단하지 않은 쿼리로 행을 읽어 옵니다."),
    "insert-rows": (
        "Older code meets rows it did not write; a person has to say whether it can.",
        "이전 코드가 직접 쓰지 않은 행을 만나게 되므로 담당자가 확인해야 합니다.",
    ),
    "shadows-table": (
        "Another schema has a table of this name; which of the two older code then meets is not known.",
        "다른 스키마에 같은 이름의 테이블이 있어 이전 코드가 어느 쪽을 사용할지 알 수 없습니다.",
    ),
    "hangs-on-table": (
        "The new table becomes part of another one, or takes after it.",
        "새 테이블이 다른 테이블에 속하거나 그 정의를 따릅니다.",
    ),
    "routine": ("What its body does is not judged.", "본문이 하는 일은 판단하지 않습니다."),
    "engine": (
        "What the table's engine or options were before is not known.",
        "테이블의 이전 엔진이나 옵션을 알 수 없습니다.",
    ),
    "setting": (
        "It changes how the server reads what follows, or more than this session.",
        "이후 문장의 해석 방식이나 다른 세션까지 바꿀 수 있습니다.",
    ),
    "rights": ("What accounts may do changes.", "계정의 권한이 달라집니다."),
    "whole-schema": ("It changes a whole schema or database.", "스키마나 데이터베이스 전체를 바꿉니다."),
}

WARNINGS: dict[str, tuple[str, str]] = {
    "names-columns": (
        "Older code has to name columns, and their table in a join: INSERT without a column list or SELECT * may fail.",
        "이전 코드가 열을, 조인에서는 테이블까지 지정해야 합니다. 열 목록 없는 INSERT나 SELECT *는 실패할 수 있습니다.",
    ),
    "meets-null": (
        "Older code can read NULL that newer code wrote.",
        "이전 코드가 새 코드에서 쓴 NULL을 읽을 수 있습니다.",
    ),
    "meets-new-value": (
        "Older code can read a value it does not know, written by newer code.",
        "이전 코드가 새 코드에서 쓴 모르는 값을 읽을 수 있습니다.",
    ),
    "meets-wider-value": (
        "Older code can read longer or larger values than it expects, written by newer code.",
        "이전 코드가 새 코드에서 쓴, 예상보다 길거나 큰 값을 읽을 수 있습니다.",
    ),
    "driver-type": (
        "Some drivers give the wider number as another type of the language.",
        "일부 드라이버는 더 넓은 숫자를 다른 자료형으로 돌려줍니다.",
    ),
    "forbidden-data": (
        "Data that was forbidden can be there, written by newer code; what older code counts on being refused is done.",
        "이전에 금지되었던 데이터를 새 코드에서 썼을 수 있고, 이전 코드가 거부될 것으로 믿은 쓰기가 그대로 실행됩니다.",
    ),
    "holds-parent": (
        "Older code cannot delete rows newer code points at, nor change their key, nor empty that table by TRUNCATE.",
        "새 코드에서 참조하는 행은 이전 코드가 지우거나 키를 바꿀 수 없으며, TRUNCATE도 할 수 없습니다.",
    ),
    "changed-by-hand": (
        "If somebody gave the column another collation by hand, this statement undid that.",
        "누군가 열의 콜레이션을 직접 바꾼 적이 있다면 이 문장으로 원래대로 돌아갔습니다.",
    ),
}

_ALL = {"compatible": COMPATIBLE, "breaking": BREAKING, "unknown": UNKNOWN}
KINDS = {rule: kind for kind, rules in _ALL.items() for rule in rules}


def reason(rule: str) -> dict[str, str]:
    """Return the sentence of a rule in both languages."""
    english, korean = _ALL[KINDS[rule]][rule]
    return {"en": english, "ko": korean}
