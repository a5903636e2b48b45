"""A Korean session hears Korean, also where a command has no --lang, where click finds the mistake, and of a site."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from rollback_runner import korean
from rollback_runner.cli import root
from rollback_runner.cli.common import run
from rollback_runner.content import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = re.compile(r"(?:\b[a-z]{2,}[ ,]+){2,}[a-z]{2,}\b")  # three words in a row
TYPED = re.compile(r"rollback-runner [a-z -]+|init DIR")


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    monkeypatch.setenv("RR_LANG", "ko")


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        run(root, arguments)
    told = capsys.readouterr()
    return told.err + told.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["statsu"], ["statsu", "(status을(를) 뜻했나요?)"]),
        (["phase"], ["NAME"]),
        (["phase", "emergency", "--bad"], ["--bad"]),
        (["status", "--lang", "fr"], ["fr"]),
        (["phase", "emergency", "-i", "inventories/nowhere"], ["inventories/nowhere"]),
        (["items", "nowhere"], ["runs"]),
        (["journal", "verify"], ["runs"]),
        (["init", "/"], ["비어 있지 않"]),
        (["explain", "AWS-99"], ["AWS-99"]),
        (["drill", "emergncy"], ["emergency"]),
    ],
    ids=str,
)
def test_a_mistake_is_told_in_korean(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(arguments, capsys)
    assert re.search(r"[가-힣]", told.splitlines()[0]), told
    assert not ENGLISH.search(TYPED.sub("", told)), told
    assert all(korean.particles.fitted(word) in told for word in words), told


def test_the_same_in_english_where_english_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RR_LANG", "en")
    told = said(["statsu"], capsys)
    assert told == "There is no command statsu (did you mean status?).\nNext: rollback-runner --help\n"


def test_every_problem_of_a_site_is_told_in_korean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "shop"
    shutil.copytree(ROOT / "inventories" / "example", place)
    shared = place / "group_vars" / "all.yml"
    text = shared.read_text(encoding="utf-8").replace("site_timezone:", "site_timezne:")
    shared.write_text(text + "site_critical: maybe\nsite_maintenance_of: [none]\n", encoding="utf-8")
    for arguments in (["doctor", "-i", str(place)], ["plan", "-i", str(place)]):
        told = said(arguments, capsys)
        problems = [line for line in told.splitlines() if str(shared) in line]
        assert len(problems) >= 3, told
        assert any("site_timezone이(가) 없습니다" in line for line in problems), told
        for line in problems:
            assert re.search(r"[가-힣]", line), line
            assert not ENGLISH.search(line), line


def test_a_full_stop_behind_a_sentence_of_the_library_changes_nothing() -> None:
    plain = "another process of this machine is written over"  # no such sentence: nothing is made up
    assert korean.said(f"{plain}.", "ko") == f"{plain}."
    one = "RR_AWX_URL is not set: set it to the address of AWX, such as https://awx.example.org"
    assert korean.said(f"{one}.", "ko") == f"{korean.said(one, 'ko')}."
