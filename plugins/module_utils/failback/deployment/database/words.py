"""The sentences of the choice, in English and Korean. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from failback.deployment.database.model import BackupOption, Loss, Reversal, Text
    from failback.deployment.migrations.gate import Gate

_SHOWN = 4  # names in one sentence

NOTHING_AHEAD: Text = {
    "en": "the target's code knows every migration that the database has",
    "ko": "대상 배포의 코드가 데이터베이스에 적용된 마이그레이션을 모두 알고 있습니다",
}
CODE_LOSES: Text = {
    "en": "loses no data: the database stays as it is",
    "ko": "데이터 손실이 없습니다. 데이터베이스를 그대로 둡니다",
}
CODE_UNFIT: Text = {
    "en": "would lose no data at once, but the older code would fail on this schema",
    "ko": "당장 데이터 손실은 없으나 이전 코드가 이 스키마에서 오류를 냅니다",
}
CODE_UNSURE: Text = {
    "en": "would lose no data at once, but nobody can say whether the older code works on this schema",
    "ko": "당장 데이터 손실은 없으나 이전 코드가 이 스키마에서 동작하는지 알 수 없습니다",
}
FORWARD_OPEN: Text = {
    "en": "always open: correct the release and deploy it again",
    "ko": "언제나 가능합니다. 배포를 수정하여 다시 배포합니다",
}
FORWARD_LOSES: Text = {
    "en": "loses no data, but the faulty release serves production until the corrected one is live",
    "ko": "데이터 손실은 없으나 수정된 배포가 나갈 때까지 문제가 있는 배포가 운영 트래픽을 처리합니다",
}
REVERSAL_NEEDLESS: Text = {
    "en": "there is nothing to reverse: the older code works on this schema",
    "ko": "되돌릴 마이그레이션이 없습니다. 이전 코드가 이 스키마에서 동작합니다",
}
REVERSAL_UNSURE: Text = {
    "en": "a reversal undoes what the migration's file says, and what was done to this database is not what files say",
    "ko": "되돌리기 SQL은 파일의 내용을 되돌리는데, 이 데이터베이스에 실제로 적용된 내용은 파일과 다릅니다",
}
MYSQL_ONLY: Text = {
    "en": "only MySQL is changed back by this tool: on PostgreSQL neither a reversal nor a backup is carried out",
    "ko": "이 도구가 되돌릴 수 있는 데이터베이스는 MySQL뿐입니다. PostgreSQL에서는 되돌리기 SQL도 백업 복원도 "
    "실행하지 않습니다",
}
NO_ALEMBIC: Text = {
    "en": "Alembic's revisions are Python, not SQL that could be rehearsed on a copy of this schema, so no reversal is"
    " carried out",
    "ko": "Alembic 리비전은 스키마 사본에서 예행할 수 있는 SQL이 아니라 Python이므로 되돌리기 SQL을 실행하지 않습니다",
}
NOT_READ: Text = {"en": "the reversal could not be read", "ko": "되돌리기 SQL을 읽지 못했습니다"}
NOT_REHEARSED: Text = {
    "en": "the reversal was not rehearsed on a copy of this schema yet",
    "ko": "되돌리기 SQL을 이 스키마의 사본에서 아직 예행하지 않았습니다",
}
RESTORE_NEEDLESS: Text = {
    "en": "there is nothing to restore: the older code works on this schema",
    "ko": "복원할 것이 없습니다. 이전 코드가 이 스키마에서 동작합니다",
}
RESTORE_LOSES: Text = {
    "en": "loses everything that was written since the backup",
    "ko": "백업 이후에 기록된 모든 데이터를 잃습니다",
}
_BY_HAND: Text = {
    "en": "nothing is rolled back: correct the release and deploy it; or take the migration back with its own "
    "tool or by"
    " hand, then plan again: the code goes back alone once the database fits it",
    "ko": "아무것도 되돌리지 않습니다. 배포를 수정하여 다시 배포하거나, 해당 도구나 수작업으로 마이그레이션을 "
    "되돌린 뒤 다시"
    " 계획하십시오. 데이터베이스가 맞으면 코드만 롤백됩니다",
}
_ANOTHER_WAY: Text = {
    "en": "leave --database out: the plan then shows every way and takes the one that is open",
    "ko": "--database를 지정하지 마십시오. 계획에 모든 방법이 표시되고 가능한 방법을 고릅니다",
}
_UNHELD: Text = {
    "en": "requests cannot be held here, so those that come meanwhile may fail",
    "ko": "여기서는 요청을 보류할 수 없으므로 그사이 들어오는 요청이 실패할 수 있습니다",
}
_NO_LOSS: Text = {"en": "loses no data", "ko": "데이터 손실이 없습니다"}


def joined(texts: Iterable[Text]) -> Text:
    """Say one after the other, each once."""
    kept: list[Text] = []
    for text in texts:
        if text not in kept:
            kept.append(text)
    return {"en": "; ".join(one["en"] for one in kept), "ko": ". ".join(one["ko"].rstrip(".") for one in kept)}


def named(names: Sequence[str]) -> str:
    """List names; many are counted."""
    listed = ", ".join(names[:_SHOWN])
    return listed if len(names) <= _SHOWN else f"{listed} (+{len(names) - _SHOWN})"


def compatible(gate: Gate) -> Text:
    """Say that the code goes back alone."""
    names = named([one.name for one in gate.ahead])
    return {
        "en": f"the older code does not know {names}, and keeps working with what it changed",
        "ko": f"이전 코드는 {names}을(를) 알지 못하지만 변경된 스키마에서 그대로 동작합니다",
    }


def breaking(gate: Gate) -> Text:
    """Say what the older code cannot live with: the first such statement, and how many more."""
    hurtful = [one for one in gate.ahead if one.kind == "breaking"] or list(gate.ahead)
    found = [(one.name, judged) for one in hurtful for judged in one.statements if judged.kind == "breaking"]
    if not found:
        names = named([one.name for one in hurtful])
        return {"en": f"the older code would fail after {names}", "ko": f"{names} 이후 이전 코드가 실패합니다"}
    name, first = found[0]
    reason = {key: first.reason.get(key) or first.rule for key in ("en", "ko")}
    more = len(found) - 1
    return {
        "en": f"{name}, statement {first.number}: {reason['en']}" + (f" (and {more} more)" if more else ""),
        "ko": f"{name}의 {first.number}번째 구문: {reason['ko']}" + (f" (그 밖에 {more}건)" if more else ""),
    }


def unjudged(gate: Gate) -> Text:
    """Say which statements nobody could class."""
    found = [(m.name, judged) for m in gate.ahead for judged in m.statements if judged.kind != "compatible"]
    where = named([f"{name}:{judged.number}" for name, judged in found]) or named([m.name for m in gate.ahead])
    return {
        "en": f"it is not known whether the older code works with {where}, which counts as breaking",
        "ko": f"이전 코드가 {where}과(와) 함께 동작하는지 알 수 없어 호환되지 않는 것으로 봅니다",
    }


def pending(gate: Gate) -> Text:
    """Say that the target needs what the database has not."""
    names = named([one.name for one in gate.pending])
    return {
        "en": f"the target's code expects {names}, which this database does not have",
        "ko": f"대상 배포의 코드는 {names}이(가) 적용되어 있다고 여기지만 이 데이터베이스에는 없습니다",
    }


def by_word(why: Text) -> Text:
    """Say that a person took it upon themselves."""
    return {
        "en": f"{why['en']}; a person says that the older code works",
        "ko": f"{why['ko']}. 담당자가 이전 코드로 동작한다고 확인하였습니다",
    }


def must_decide(gate: Gate) -> Text:
    """Say what is not known of the database."""
    parts: list[Text] = []
    if gate.unknown:
        names = named([row.name or row.digest[:12] or str(dict(row.key)) for row in gate.unknown])
        parts.append(
            {
                "en": f"the database has migrations that neither release knows ({names})",
                "ko": f"두 배포 어느 쪽에도 없는 마이그레이션이 데이터베이스에 있습니다 ({names})",
            }
        )
    if gate.edited:
        names = named([one.file.name for one in gate.edited])
        parts.append(
            {
                "en": f"migrations were edited after they were applied ({names})",
                "ko": f"적용된 뒤에 수정된 마이그레이션이 있습니다 ({names})",
            }
        )
    if gate.half_applied:
        names = named([one.file.name for one in gate.half_applied])
        parts.append(
            {
                "en": f"migrations stopped half way ({names})",
                "ko": f"중간에 멈춘 마이그레이션이 있습니다 ({names})",
            }
        )
    told: list[Text] = [{"en": str(one.get("en", "")), "ko": str(one.get("ko", ""))} for one in gate.why]
    return joined(parts or told or [{"en": "the database's state is not known", "ko": "데이터베이스 상태를 모릅니다"}])


def no_reversal(names: Sequence[str]) -> Text:
    """Say what is missing, and where it is looked for."""
    return {
        "en": f"there is no reversal for {named(names)}",
        "ko": f"{named(names)}에 대한 되돌리기 SQL이 없습니다",
    }


def rehearsal_failed(problems: Sequence[Text]) -> Text:
    """Say what the rehearsal showed."""
    first = problems[0] if problems else {"en": "no reason was kept", "ko": "사유가 기록되지 않았습니다"}
    return {
        "en": f"the rehearsal on a copy of this schema failed: {first['en']}",
        "ko": f"이 스키마의 사본에서 한 예행이 실패하였습니다: {first['ko']}",
    }


def reversal_open(reversals: Sequence[Reversal]) -> Text:
    """Say whose reversals are run."""
    names = named([one.migration for one in reversals])
    who = named(sorted({one.reviewed_by for one in reversals}))
    return {
        "en": f"reversal of {names}, reviewed by {who} and rehearsed on a copy of this schema",
        "ko": f"{names}의 되돌리기 SQL을 실행합니다. {who}이(가) 검토하였고 이 스키마의 사본에서 예행하였습니다",
    }


def restore_open(backup: BackupOption) -> Text:
    """Say which backup."""
    return {
        "en": f"the backup {backup.name} of {backup.taken_at} is from before the change",
        "ko": f"{backup.taken_at}의 백업 {backup.name}은(는) 변경 이전의 것입니다",
    }


def no_backup(backups: Sequence[BackupOption]) -> Text:
    """Say why none of the backups can be used."""
    if not backups:
        return {"en": "no backups are listed", "ko": "등록된 백업이 없습니다"}
    return joined(one.problem or _too_new(one) for one in backups)


def _too_new(one: BackupOption) -> Text:
    if not one.taken_at:
        return {
            "en": f"it is not known when the backup {one.name} was taken",
            "ko": f"백업 {one.name}을(를) 언제 받았는지 알 수 없습니다",
        }
    return {
        "en": f"the backup {one.name} holds {named(one.knows)} already",
        "ko": f"백업 {one.name}에는 이미 {named(one.knows)}이(가) 들어 있습니다",
    }


def losing(loses: Sequence[Loss], *, held: bool) -> Text:
    """Say what a way that changes data loses."""
    said = joined(one.said for one in loses) if loses else _NO_LOSS
    return said if held else joined((said, _UNHELD))


def not_open(asked: str, why: Text) -> Text:
    """Say that what a person asked for cannot be done."""
    return {
        "en": f"the strategy {asked} was asked for and is not open: {why['en']}",
        "ko": f"요청한 전략 {asked}은(는) 사용할 수 없습니다: {why['ko']}",
    }


def next_step(strategy: str, gate: Gate) -> Text:
    """Say what a person does where nothing is rolled back."""
    if strategy == "forward" and by_hand(gate) is not None:
        return _BY_HAND
    if strategy == "forward":
        return {
            "en": "nothing is rolled back: correct the release and deploy it, or put a reviewed reversal beside the"
            " migration, or ask for --database restore",
            "ko": "아무것도 되돌리지 않습니다. 배포를 수정하여 다시 배포하거나, 검토된 되돌리기 SQL을"
            " 마이그레이션 옆에 두거나, --database restore를 요청하십시오",
        }
    if strategy == "refuse" and gate.pending and not must_decide_alone(gate):
        return {
            "en": "apply the pending migrations with their own tool first, or say --database compatible",
            "ko": "먼저 해당 도구로 남은 마이그레이션을 적용하거나 --database compatible을 지정하십시오",
        }
    if strategy == "refuse" and not (gate.verdict == "unknown" or gate.unknown or gate.edited or gate.half_applied):
        return _BY_HAND if by_hand(gate) is not None else _ANOTHER_WAY
    if strategy == "refuse":
        return {
            "en": "find out what was done to this database, then bring files and table together, or ask for"
            " --database restore or --database forward",
            "ko": "이 데이터베이스에 무엇이 적용되었는지 확인하여 파일과 기록을 맞추거나, --database restore 또는"
            " --database forward를 요청하십시오",
        }
    return {"en": "", "ko": ""}


def by_hand(gate: Gate) -> Text | None:
    """Say why no reversal is carried out here, whatever anybody writes; None where one can be."""
    if gate.dialect != "mysql":
        return MYSQL_ONLY
    return NO_ALEMBIC if gate.tool == "alembic" else None


def must_decide_alone(gate: Gate) -> bool:
    """Whether more than pending migrations stands in the way."""
    return bool(gate.unknown or gate.edited or gate.half_applied or any(one.kind != "compatible" for one in gate.ahead))
