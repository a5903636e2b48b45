"""Whether a run that is killed can tell that a step of a reversal ran. What it could not tell, it would do twice.

Rows are written in one transaction with the note that counts them, which holds only where the engine has transactions.
A definition is recognised by the schema it leaves, so it must leave another one, or be harmless to repeat.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from failback.deployment.said import Said
from failback.errors import RefusedError

if TYPE_CHECKING:
    from failback.deployment.database.steps import Script, Step
    from failback.mysql import Server

_HARMLESS = re.compile(r"\b(IF\s+(NOT\s+)?EXISTS|OR\s+REPLACE)\b", re.IGNORECASE)
_HEAD = 200  # characters of a statement in which such words count
_NO_TRACE = Said(
    "step {number} ({sql}) leaves the schema as it was, so a run that is cut off could not tell whether it ran, "
    "and would"
    " run it twice: write it so that it leaves a trace, or so that it may run twice (IF EXISTS, OR REPLACE)",
    "{number}단계({sql})는 스키마를 바꾸지 않으므로 중단된 실행이 이 단계의 실행 여부를 알 수 없어 두 번 실행될 "
    "수 있습니다."
    " 흔적이 남게 하거나 두 번 실행해도 되게(IF EXISTS, OR REPLACE) 작성하십시오",
)
_NO_TRANSACTION = Said(
    "step {number} ({sql}) writes where the engine has no transactions ({tables}): a run that is cut off there "
    "would write"
    " twice. Change the engine to InnoDB first, or do this by hand afterwards",
    "{number}단계({sql})는 트랜잭션이 없는 엔진의 테이블({tables})에 씁니다. 그 자리에서 중단되면 두 번 쓰게 "
    "됩니다. 먼저 엔진을"
    " InnoDB로 바꾸거나 나중에 직접 수행하십시오",
)


def untraced(step: Step, number: int, sql: str) -> RefusedError | None:
    """Say why a definition that left the schema as it was cannot stand; None where it may simply run again."""
    head = " ".join(step.sql.split())[:_HEAD]
    return None if _HARMLESS.search(head) else _refused(_NO_TRACE.filled(number=str(number), sql=sql))


def check_engines(server: Server, script: Script, step: Step, number: int, sql: str) -> None:
    """Refuse rows that no transaction would hold, the migration tool's among them. Raises RefusedError."""
    if step.kind == "define":
        return
    lacking = _without_transactions(server, script.schema)
    if not lacking:
        return
    # A view or a trigger may write into a table that the statement does not name.
    texts = [script.table if step.kind == "row" else step.sql, *_programs(server, script.schema)]
    named = [name for name in lacking if any(_names(text, name) for text in texts)]
    if named:
        raise _refused(_NO_TRANSACTION.filled(number=str(number), sql=sql, tables=", ".join(named)))


def _without_transactions(server: Server, schema: str) -> list[str]:
    rows = server.rows(
        "SELECT table_name AS n FROM information_schema.tables WHERE table_schema=%s AND table_type='BASE TABLE' AND"
        " engine NOT IN (SELECT engine FROM information_schema.engines WHERE transactions='YES') ORDER BY table_name",
        (schema,),
    )
    return [str(row["n"]) for row in rows]


def _programs(server: Server, schema: str) -> list[str]:
    triggers = server.rows(
        "SELECT action_statement AS t FROM information_schema.triggers WHERE trigger_schema=%s", (schema,)
    )
    views = server.rows("SELECT view_definition AS t FROM information_schema.views WHERE table_schema=%s", (schema,))
    return [str(row["t"]) for row in (*triggers, *views)]


def _names(text: str, table: str) -> bool:
    return bool(re.search(rf"(?<![\w$]){re.escape(table)}(?![\w$])", text, re.IGNORECASE))


def _refused(said: Said) -> RefusedError:
    return RefusedError(said.en, {"told": {"en": said.en, "ko": said.ko}})
