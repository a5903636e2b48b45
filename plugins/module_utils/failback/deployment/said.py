"""A sentence in both languages, as the list and the choice of a deployment tell it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Said:
    """One sentence, without a full stop. False where there is nothing to say."""

    en: str = ""
    ko: str = ""

    def __bool__(self) -> bool:
        """Tell whether it says anything."""
        return bool(self.en)

    def __str__(self) -> str:
        """Return it as messages and logs have it."""
        return self.en

    def filled(self, **values: str) -> Said:
        """Put values into it."""
        return Said(self.en.format(**values), self.ko.format(**values))


NOTHING = Said()


def pairs(sentences: Iterable[object]) -> list[dict[str, str]]:
    """Return those that are said in both languages as they stand on record; whoever reports finds the Korean there."""
    found = [one for one in sentences if isinstance(one, Said) and one.en and one.ko and one.en != one.ko]
    return [{"en": one.en, "ko": one.ko} for one in found]


def as_it_is(text: str) -> Said:
    """Take over what somebody else said, in the language they said it."""
    return Said(text, text)


def listed(rows: Sequence[tuple[str, Said]], most: int = 5) -> Said:
    """Join what is said of several deployments; the first ones stand for all."""
    shown = rows[:most]
    return Said("; ".join(f"{name}: {why.en}" for name, why in shown), "; ".join(f"{n}: {w.ko}" for n, w in shown))


STATES = {
    "building": Said("it is still being built", "아직 빌드 중입니다"),
    "queued": Said("its build has not begun", "빌드가 아직 시작되지 않았습니다"),
    "error": Said("its build failed or it cannot run", "빌드에 실패했거나 실행할 수 없습니다"),
    "canceled": Said("its build was canceled", "빌드가 취소됐습니다"),
    "blocked": Said("the provider has blocked it", "제공 측이 차단했습니다"),
    "deleted": Said("it was deleted", "삭제됐습니다"),
    "unknown": Said("the provider does not say whether it is ready", "준비됐는지 제공 측이 알려 주지 않습니다"),
}
PREVIEW = Said(
    "it is a preview: putting it into production would be a new build",
    "미리보기 배포이므로 운영에 올리면 새로 빌드됩니다",
)
BESIDE = Said("it serves production beside the live one", "운영 중인 배포와 함께 운영 트래픽을 받고 있습니다")
NEVER_SERVED = Said("it never served production", "운영에 쓰인 적이 없습니다")
NO_CANDIDATE = Said(
    "the provider does not let production go back to it", "제공 측이 이 배포로 되돌아가는 것을 허용하지 않습니다"
)
LEFT = Said("production went back from it", "이 배포에서 롤백한 적이 있습니다")
SERVED_UNKNOWN = Said(
    "the provider does not say whether it ever served production",
    "운영에 쓰인 적이 있는지 제공 측이 알려 주지 않습니다",
)
CANDIDATE_UNKNOWN = Said(
    "the provider does not say whether production can go back to it",
    "이 배포로 되돌아갈 수 있는지 제공 측이 알려 주지 않습니다",
)
COULD_SERVE = Said("it could serve and is left out", "서비스할 수 있지만 건너뜁니다")
LAST_BEFORE = Said(
    "it served production last before {live}, and nothing is known against it",
    "{live} 직전에 운영하던 배포이며 알려진 문제가 없습니다",
)
NEWEST = Said("it is the newest one made after {live}", "{live} 이후에 만든 가장 새로운 배포입니다")
PICKED = Said("a person picked it", "담당자가 골랐습니다")
PICKED_LIVE = Said("it was picked, and it serves production already", "담당자가 골랐고 이미 운영 중입니다")
OTHER = Said(
    "the rule would go to {other}: {picked} leaves it out",
    "규칙상 {other}(으)로 갑니다. {picked}은(는) 이를 건너뜁니다",
)
NO_RULE = Said("the rule names none: {why}", "규칙으로 고를 수 있는 배포가 없습니다: {why}")
