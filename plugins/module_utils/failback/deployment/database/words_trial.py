"""The sentences of the rehearsal, and of a reversal that is under way, in English and Korean. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.database.words import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.database.model import Text

NO_SCRATCH: Text = {
    "en": "the reversal cannot be rehearsed: deployment_scratch.image names no image",
    "ko": "deployment_scratch.image에 이미지가 없어 되돌리기 SQL을 예행할 수 없습니다",
}
CHECK_ONLY: Text = {
    "en": "the reversal was not rehearsed on a copy of this schema yet; making the plan does it",
    "ko": "되돌리기 SQL을 이 스키마의 사본에서 아직 예행하지 않았습니다. 계획을 세울 때 예행합니다",
}
OTHER_SCHEMA: Text = {
    "en": "the tool's table lies in another schema than the application's, which a reversal does not reach",
    "ko": "마이그레이션 도구의 테이블이 애플리케이션과 다른 스키마에 있어 되돌리기 SQL을 실행할 수 없습니다",
}


def no_rehearsal(problem: str) -> Text:
    """Say why it could not even be tried."""
    return {
        "en": f"the reversal could not be rehearsed: {problem}",
        "ko": f"되돌리기 SQL을 예행하지 못했습니다: {problem}",
    }


LET_IT_END: Text = {
    "en": "leave --database out: what was begun goes on from where it was cut off",
    "ko": "--database를 지정하지 마십시오. 시작된 작업을 중단된 지점부터 이어 갑니다",
}


def under_way(done: int, total: int, begun: str) -> Text:
    """Say that a reversal was begun here and goes on."""
    return {
        "en": f"a reversal was begun here at {begun} and is cut off after step {done} of {total}: it goes on there",
        "ko": f"{begun}에 시작된 되돌리기 SQL이 {total}단계 중 {done}단계 이후에 중단되었습니다."
        " 그 자리에서 이어 갑니다",
    }


def restore_under_way(url: str) -> Text:
    """Say that a restore was begun here and goes on."""
    return {
        "en": f"a restore of {url} was begun here and cut off: it goes on, and nothing else fits before it has ended",
        "ko": f"{url}의 복원이 시작되었다가 중단되었습니다. 이어서 끝내야 하며 그 전에는 다른 방법을 쓸 수 없습니다",
    }


def restore_lost(url: str) -> Text:
    """Say that the backup a restore was begun from is gone."""
    return {
        "en": f"a restore of {url} was begun here and cut off, and that backup is not sound or not listed any more: put"
        " it back into deployment_backups",
        "ko": f"{url}의 복원이 중단되었는데 그 백업이 손상되었거나 deployment_backups에 없습니다. 다시 넣어 주십시오",
    }


def under_way_unfit(names: Sequence[str]) -> Text:
    """Say that what was begun does not fit what is there now."""
    return {
        "en": f"a reversal was begun here, and {named(names)} is not what it was then: put the reviewed file back, or"
        " ask for --database restore",
        "ko": f"여기서 되돌리기 SQL이 시작되었으나 {named(names)}이(가) 그때와 다릅니다. 검토된 파일을 되돌려"
        " 놓거나 --database restore를 요청하십시오",
    }
