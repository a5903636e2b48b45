"""What the gate says, in both languages. Pure data; every place held open is filled with plain text or a number."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "knows_all": (
        "The target's code knows all {count} migrations that the database has.",
        "대상 배포의 코드는 데이터베이스에 적용된 마이그레이션 {count}개를 모두 알고 있습니다.",
    ),
    "compatible": (
        "The target's code does not know {names}; every statement of it leaves older code working.",
        "대상 배포의 코드는 {names}을(를) 모르지만, 모든 문장이 이전 코드와 호환됩니다.",
    ),
    "breaking": (
        "The target's code does not know {names}, and would not work with it: {statement} ({rule}).",
        "대상 배포의 코드는 {names}을(를) 모르며, 적용된 상태로는 동작하지 않습니다: {statement} ({rule}).",
    ),
    "unknown": (
        (
            "{count} rows of {table} belong to no migration of the known commits: {rows}. Another branch was applied,"
            " or files were removed."
        ),
        (
            "{table}의 {count}개 행은 알려진 커밋의 어떤 마이그레이션에도 해당하지 않습니다: {rows}. 다른 브랜치가"
            " 적용되었거나 파일이 삭제된 것입니다."
        ),
    ),
    "edited": (
        "{names} was changed after it was applied: what ran is not what the file says.",
        "{names}은(는) 적용된 뒤에 수정되었습니다. 실제로 실행된 내용과 파일이 다릅니다.",
    ),
    "half_applied": (
        "{name} ran in part and is not in {table}: of its statements {done} took effect, {open} did not.",
        (
            "{name}은(는) 일부만 적용되었고 {table}에 기록이 없습니다: {done}번 문장은 반영되었고 {open}번은 반영되지"
            " 않았습니다."
        ),
    ),
    "broke_off": (
        "{table} says that {name} broke off: of its statements {done} took effect, {open} did not.",
        "{table}에 {name}이(가) 실패로 기록되어 있습니다: {done}번 문장은 반영되었고 {open}번은 반영되지 않았습니다.",
    ),
    "ran_unrecorded": (
        "{name} ran, but is not in {table}: the next deployment would run it again.",
        "{name}은(는) 적용되었지만 {table}에 기록이 없습니다. 다음 배포에서 다시 실행됩니다.",
    ),
    "failed": (
        "{table} says that {names} failed, and its file is not in the known commits.",
        "{table}에 {names}이(가) 실패로 기록되어 있으나 알려진 커밋에 그 파일이 없습니다.",
    ),
    "pending": (
        "The target's code expects {names}, which the database never had.",
        "대상 배포의 코드는 {names}이(가) 적용되어 있다고 가정하지만 데이터베이스에는 적용된 적이 없습니다.",
    ),
    "skipped": (
        "{names} of the target was never applied and never will be: something newer was applied before it.",
        "대상 배포의 {names}은(는) 더 새로운 마이그레이션이 먼저 적용되어 건너뛰었으며 앞으로도 적용되지 않습니다.",
    ),
    "skipped_both": (
        "{names} was never applied and never will be; the live code has lived without it too.",
        "{names}은(는) 건너뛴 마이그레이션입니다. 현재 배포도 적용되지 않은 상태로 동작해 왔습니다.",
    ),
    "schema": (
        "The schema is not what the recorded migrations make: {told}",
        "스키마가 기록된 마이그레이션의 결과와 다릅니다: {told}",
    ),
    "line_ends": (
        "Migrations were applied from a checkout with other line ends (core.autocrlf). The statements are the same.",
        "줄바꿈이 다른 체크아웃(core.autocrlf)에서 적용된 마이그레이션이 있습니다. 문장 내용은 같습니다.",
    ),
    "elsewhere": (
        "{name} is of commit {commit}, neither the target's nor the live one's.",
        "{name}은(는) 대상도 현재 배포도 아닌 커밋 {commit}의 것입니다.",
    ),
    "late": (
        "{names} was applied after something newer.",
        "{names}은(는) 더 새로운 마이그레이션 뒤에 적용되었습니다.",
    ),
    "no_snapshot": (
        "The schema itself was not compared: there is no snapshot of it at these commits.",
        "이 커밋들에는 스키마 스냅샷이 없어 스키마 자체는 대조하지 못했습니다.",
    ),
    "no_live_commit": (
        "The clone lacks the live commit {commit}: fetch it ({fetch}), so that its migrations can be told.",
        "복제본에 현재 배포의 커밋 {commit}이(가) 없습니다. 먼저 가져오십시오 ({fetch}).",
    ),
    "no_live": (
        "It is not known which commit serves production, so its migrations cannot be told.",
        "현재 배포의 커밋을 알 수 없어 그 마이그레이션을 확인할 수 없습니다.",
    ),
    "no_directory": (
        "The target's commit has no {directory} yet: every migration is ahead of it.",
        "대상 커밋에는 아직 {directory}이(가) 없습니다. 모든 마이그레이션이 대상보다 앞섭니다.",
    ),
    "lost_file": (
        "The journal at {commit} names a migration whose file is missing.",
        "커밋 {commit}의 저널에 있는 마이그레이션 파일이 없습니다.",
    ),
    "chain": (
        "The snapshots at {commit} do not follow one another: two branches made migrations side by side.",
        "커밋 {commit}의 스냅샷이 서로 이어지지 않습니다. 두 브랜치에서 동시에 마이그레이션을 만든 것입니다.",
    ),
    "unreadable": (
        "A revision file at {commit} cannot be read as Python.",
        "커밋 {commit}에 Python으로 읽을 수 없는 리비전 파일이 있습니다.",
    ),
    "twice": (
        "Two revision files at {commit} have the same name.",
        "커밋 {commit}에 이름이 같은 리비전 파일이 두 개 있습니다.",
    ),
    "python": (
        "It is a step in Python that cannot be read as SQL.",
        "SQL로 읽을 수 없는 Python 단계입니다.",
    ),
    "no_table": ("the table {table} is missing", "테이블 {table} 없음"),
    "no_column": ("the column {column} is missing", "컬럼 {column} 없음"),
    "extra_column": ("the column {column} is in no migration", "컬럼 {column}은 마이그레이션에 없음"),
    "extra_required": (
        "the column {column} is in no migration, and must be given",
        "컬럼 {column}은 마이그레이션에 없으며 값이 필수임",
    ),
    "other_type": ("{column} is {is_so}, not {wanted}", "{column} 타입이 {wanted}가 아니라 {is_so}"),
    "not_null": ("{column} takes no NULL any more", "{column}에 NULL을 넣을 수 없음"),
    "nullable": ("{column} may be NULL", "{column}에 NULL이 들어갈 수 있음"),
    "no_default": ("{column} has no default any more", "{column}의 기본값 없음"),
    "extra_unique": ("the unique index {index} is in no migration", "유니크 인덱스 {index}는 마이그레이션에 없음"),
    "no_index": ("the index {index} is missing", "인덱스 {index} 없음"),
    "no_type": ("the type {type} lacks labels", "타입 {type}의 값 누락"),
    "yes": ("knows the database as it is now", "현재 데이터베이스를 알고 있음"),
    "can_live": ("does not know {names}, and works with it", "{names}을(를) 모르지만 호환됨"),
    "cannot_live": ("does not know {names}, and would not work with it", "{names}을(를) 모르며 동작하지 않음"),
    "expects": ("expects {names}, which the database never had", "적용된 적 없는 {names}을(를) 필요로 함"),
    "no_commit": ("the clone has no commit {commit} ({fetch})", "복제본에 커밋 {commit} 없음 ({fetch})"),
}


def words(sentence: str, /, **values: object) -> dict[str, str]:
    """Return a sentence in both languages; a value may be {en, ko} itself."""
    found = {}
    for language, text in zip(("en", "ko"), WORDS[sentence], strict=True):
        mine = {key: value[language] if isinstance(value, dict) else value for key, value in values.items()}
        found[language] = text.format(**mine)
    return found


def listed(names: list[str], most: int = 4) -> str:
    """Name a few, and say how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" +{more}" if more > 0 else "")
