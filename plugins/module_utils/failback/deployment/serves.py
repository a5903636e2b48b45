"""What serves production after an act that failed, in one sentence of both languages. Pure.

A refusal says why; whether anything moved before it is another question, and the first one that a person asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.deployment.said import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.errors import FailbackError

UNKNOWN = Said(
    "What serves production now could not be read",
    "지금 무엇이 운영 중인지는 읽지 못했습니다",
)
_NOTHING = Said(
    "Nothing serves production now, by the provider's word", "제공 측에 따르면 지금 운영 중인 배포가 없습니다"
)
_MOVED = Said("Production was moved: {live} serves it", "운영은 이미 전환되었습니다. {live}이(가) 운영 중입니다")
_STAYS = Said("{live} serves production, not {target}", "운영 중인 배포는 {live}이며 {target}이(가) 아닙니다")
_BESIDE = Said("{beside} beside it", "{beside}도 함께 운영 중입니다")


def told(live: str, beside: Sequence[str], target: str) -> Said:
    """Say what serves, without a full stop."""
    if not live:
        return _NOTHING
    first = (_MOVED if live == target else _STAYS).filled(live=live, target=target)
    if not beside:
        return first
    more = _BESIDE.filled(beside=", ".join(beside))
    return Said(f"{first.en}, {more.en}", f"{first.ko}. {more.ko}")


def both(error: FailbackError, now: Said) -> dict[str, str]:
    """Put it behind what an error says: its Korean words where it carries them, else those it has."""
    known: Any = error.evidence.get("told")
    words = dict(known) if isinstance(known, dict) else {}
    korean = str(words.get("ko") or error)
    return {"en": f"{_ended(str(error))} {now.en}.", "ko": f"{_ended(korean)} {now.ko}."}


def _ended(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."
