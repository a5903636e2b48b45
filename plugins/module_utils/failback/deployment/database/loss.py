"""What data each way would lose, counted on the real server as far as that is quick. Reads only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from failback.deployment.database.model import Loss
from failback.errors import FailbackError
from failback.mysql import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.deployment.database.effects import Effect
    from failback.deployment.database.model import Reversal, Text
    from failback.mysql import Server

_QUICK = 5000  # milliseconds for one count; what takes longer is told as the server's own estimate
_DAY, _HOUR, _MINUTE = 86400, 3600, 60


def of_reversal(
    server: Server, schema: str, effects: Sequence[Effect], reversals: Iterable[Reversal]
) -> tuple[Loss, ...]:
    """Count what the rehearsal showed to be gone, and add what the reviewers wrote."""
    found: list[Loss] = []
    for one in effects:
        if one.kind in {"column_gone", "table_gone"}:
            found.append(_gone(server, schema, one))
        elif one.kind == "column_back":
            found.append(_back(one))
        elif one.kind in {"values_changed", "rows_changed"}:
            found.append(_changed(one))
    found += [
        Loss("other", one.migration, {"en": f"as reviewed: {one.loses['en']}", "ko": f"검토 내용: {one.loses['ko']}"})
        for one in reversals
        if one.loses
    ]
    return tuple(found)


def of_restore(  # noqa: PLR0913 - a schema, a backup, and the time
    server: Server,
    schema: str,
    taken_at: str,
    then: Mapping[str, int],
    *,
    ignore: Sequence[str],
    now: datetime | None = None,
) -> tuple[Loss, ...]:
    """Say how long ago the backup was taken, and how many rows each table has more or fewer by now.

    ``then``: rows by ``schema.table`` in the backup. Rows that were changed and not added are not seen by this, which
    the sentence says.
    """
    seconds = _age(taken_at, now or datetime.now(UTC))
    since = ago(seconds)
    found = [
        Loss(
            "since",
            schema,
            {
                "en": f"everything written in {schema} since the backup ({since['en']}), changed rows included",
                "ko": f"백업 이후({since['ko']}) {schema}에 기록된 모든 데이터(변경된 행 포함)를 잃습니다",
            },
            {"seconds": None if seconds is None else round(seconds)},
        )
    ]
    told: list[Loss] = []
    for table in _tables(server, schema):
        if table in ignore:
            continue
        rows = count(server, schema, table)
        before = then.get(f"{schema}.{table}")
        if rows is not None and before is not None and rows != before:
            told.append(_more(schema, table, rows - before))
        elif before is None:
            told.append(_new(schema, table, rows))
    return (*found, *sorted(told, key=lambda one: one.object))


def count(server: Server, schema: str, table: str, column: str = "") -> int | None:
    """Count rows, or those where a column holds something; None where that would take too long."""
    what = f"COUNT({quote_name(column)})" if column else "COUNT(*)"
    try:
        return server.number(
            f"SELECT /*+ MAX_EXECUTION_TIME({_QUICK}) */ {what} FROM {quote_name(schema)}.{quote_name(table)}"
        )
    except FailbackError:  # too large, or a table this account may not read: said as not counted
        return None


def ago(seconds: float | None) -> Text:
    """Say how long something is ago; pure."""
    if seconds is None:
        return {"en": "of an unknown time", "ko": "시각을 알 수 없음"}
    if seconds >= _DAY:
        days, hours = int(seconds // _DAY), int(seconds % _DAY // _HOUR)
        return {"en": f"{days} d {hours} h ago", "ko": f"{days}일 {hours}시간 전"}
    if seconds >= _HOUR:
        hours, minutes = int(seconds // _HOUR), int(seconds % _HOUR // _MINUTE)
        return {"en": f"{hours} h {minutes} min ago", "ko": f"{hours}시간 {minutes}분 전"}
    minutes = int(seconds // _MINUTE)
    return {"en": f"{minutes} min ago", "ko": f"{minutes}분 전"}


def _gone(server: Server, schema: str, one: Effect) -> Loss:
    held = count(server, schema, one.table, one.column)
    if one.column:
        told = {
            "en": f"{one.object} in {_rows(held)['en']}",
            "ko": f"{one.object}의 값({_rows(held)['ko']})을 잃습니다",
        }
        return Loss("column", one.object, told, {"rows": held})
    return Loss(
        "table",
        one.object,
        {
            "en": f"the table {one.object} with {_rows(held)['en']}",
            "ko": f"테이블 {one.object}({_rows(held)['ko']})을(를) 잃습니다",
        },
        {"rows": held},
    )


def _back(one: Effect) -> Loss:
    empty = not one.filled
    return Loss(
        "values",
        one.object,
        {
            "en": f"{one.object} comes back {'empty' if empty else 'filled by the reversal'}: what it held before the"
            " migration stays lost",
            "ko": f"{one.object}은(는) {'빈 채로' if empty else '되돌리기 SQL이 채운 값으로'} 돌아옵니다."
            " 마이그레이션 이전의 값은 복구되지 않습니다",
        },
        {"tried_rows": one.rows, "filled": one.filled},
    )


def _changed(one: Effect) -> Loss:
    if one.kind == "rows_changed":
        more = one.rows or 0
        en = "adds rows to" if more > 0 else "removes rows from"
        ko = "행을 추가합니다" if more > 0 else "행을 삭제합니다"
        said = {"en": f"the reversal {en} {one.object}", "ko": f"되돌리기 SQL이 {one.object}의 {ko}"}
        return Loss("values", one.object, said, {"tried_rows": more})
    said = {
        "en": f"the reversal changes values of {one.object}",
        "ko": f"되돌리기 SQL이 {one.object}의 값을 변경합니다",
    }
    return Loss("values", one.object, said, {"tried_rows": one.rows})


def _rows(held: int | None) -> Text:
    if held is None:
        return {"en": "rows that could not be counted quickly", "ko": "행 수를 빠르게 셀 수 없음"}
    return {"en": f"{held:,} row{'' if held == 1 else 's'}", "ko": f"{held:,}행"}


def _more(schema: str, table: str, more: int) -> Loss:
    word = ("more", "많습니다") if more > 0 else ("fewer", "적습니다")
    return Loss(
        "table",
        f"{schema}.{table}",
        {
            "en": f"{table}: {_rows(abs(more))['en']} {word[0]} than in the backup",
            "ko": f"{table}: 백업보다 {_rows(abs(more))['ko']} {word[1]}",
        },
        {"rows": more},
    )


def _new(schema: str, table: str, rows: int | None) -> Loss:
    return Loss(
        "table",
        f"{schema}.{table}",
        {
            "en": f"{table} is not in the backup ({_rows(rows)['en']}); it is left as it is",
            "ko": f"{table}은(는) 백업에 없습니다({_rows(rows)['ko']}). 그대로 둡니다",
        },
        {"rows": rows},
    )


def _tables(server: Server, schema: str) -> list[str]:
    rows = server.rows(
        "SELECT table_name AS n FROM information_schema.tables WHERE table_schema=%s AND table_type='BASE TABLE'"
        " ORDER BY table_name",
        (schema,),
    )
    return [str(row["n"]) for row in rows]


def _age(taken_at: str, now: datetime) -> float | None:
    try:
        moment = datetime.fromisoformat(taken_at)
    except ValueError:
        return None
    return max(0.0, (now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds())
