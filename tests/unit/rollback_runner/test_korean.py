"""Findings in Korean: the facts are kept, particles fit, and what nobody translated is left as it is."""

from __future__ import annotations

import pytest

from rollback_runner import korean
from rollback_runner.korean import particles

CLOCK = "the clock of web1 is 6.5 s (+/- 0.02) behind the machine that runs this; 0.5 s are allowed, and 5 s stop"


@pytest.mark.parametrize(
    ("english", "spoken"),
    [
        ("there is no container shop on web1", "web1에 컨테이너 shop이(가) 없습니다"),
        (
            CLOCK,
            "web1의 시계가 이 명령을 실행하는 장비보다 6.5초(±0.02) 느립니다. 0.5초까지 허용하며 5초가 넘으면 멈춥니다",
        ),
        (
            "IDC was opened by an earlier run: 3 transactions of its own since then",
            "이전 실행에서 IDC를 이미 열었습니다. 그 뒤 IDC 자체의 트랜잭션 3건이 있습니다",
        ),
        ("nobody has translated this; really", "nobody has translated this; really"),
        ("", ""),
    ],
)
def test_a_sentence_and_the_sentences_in_it(english: str, spoken: str) -> None:
    assert korean.said(english, "ko") == spoken
    assert korean.said(english, "en") == english


def test_several_in_one_breath_each_with_what_clears_it() -> None:
    message = f"{CLOCK} (look again in a minute); web2 was booted 3 hours ago; not in the catalogue (x)"
    spoken = korean.told(message, "ko").split("; ")
    assert spoken[0] == f"{korean.said(CLOCK, 'ko')} (1분 뒤에 다시 확인하세요)"
    assert spoken[1] == korean.said("web2 was booted 3 hours ago", "ko") != "web2 was booted 3 hours ago"
    assert spoken[2] == "not in the catalogue (x)"
    assert korean.told(message, "en") == message


def test_a_sentence_never_swallows_the_one_after_it() -> None:
    message = "there is no container shop on web1; something that nobody translated"
    assert korean.told(message, "ko") == "web1에 컨테이너 shop이(가) 없습니다; something that nobody translated"


@pytest.mark.parametrize(
    ("both", "fitting"),
    [
        ("행이(가)", "행이"),
        ("표이(가)", "표가"),
        ("3을(를)", "3을"),
        ("2을(를)", "2를"),
        ("서울(으)로", "서울로"),
        ("부산(으)로", "부산으로"),
        ("1(으)로", "1로"),
        ("표와(과)", "표와"),
        ("행와(과)", "행과"),
        ("db1)은(는)", "db1)은(는)"),
        ("shop이(가)", "shop이(가)"),
    ],
)
def test_the_particle_fits_the_sound_before_it(both: str, fitting: str) -> None:
    assert particles.fitted(both) == fitting
