"""Korean particles that follow the sound before them: a name is put in, and only then is it known which one fits."""

from __future__ import annotations

import re

_FIRST, _LAST, _FINALS = 0xAC00, 0xD7A3, 28  # the syllables of Unicode, and how many ends each has
_RIEUL = 8  # the end after which (으)로 stays 로
_DIGIT_ENDS = {
    "0": 21,
    "1": 8,
    "3": 16,
    "6": 1,
    "7": 8,
    "8": 8,
}  # as they are read: 영 일 삼 육 칠 팔; the others have none
_BOTH = re.compile(r"(\S)(이\(가\)|을\(를\)|은\(는\)|와\(과\)|\(으\)로)")
_FITTING = {
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "은(는)": ("은", "는"),
    "와(과)": ("과", "와"),
    "(으)로": ("으로", "로"),
}


def fitted(text: str) -> str:
    """Choose the particle wherever both are written; after a Latin letter or a bracket both stay."""
    return _BOTH.sub(_choose, text)


def _choose(match: re.Match[str]) -> str:
    before, both = match[1], match[2]
    if _FIRST <= ord(before) <= _LAST:
        end = (ord(before) - _FIRST) % _FINALS
    elif before.isdigit():
        end = _DIGIT_ENDS.get(before, 0)
    else:
        return match[0]
    closed, opened = _FITTING[both]
    return before + (opened if end == 0 or (both == "(으)로" and end == _RIEUL) else closed)
