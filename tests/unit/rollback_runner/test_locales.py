"""Whoever comes by SSH brings a locale's name that this machine may not have: Ansible works, the language stays."""

from __future__ import annotations

import json
import locale
import os
import subprocess
import sys

import pytest

from rollback_runner import locales
from rollback_runner.content import ROOT

_NAMES = ("LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG", "RR_LANG")
_AFTER = """
import json, locale, os
from rollback_runner import locales, messages
before = locale.setlocale(locale.LC_ALL)
locales.settle()
same = before == locale.setlocale(locale.LC_ALL)
locale.setlocale(locale.LC_ALL, "")
print(json.dumps([locale.getlocale()[1].lower(), messages.detect(), same]))
"""


def _run(argv: list[str], setting: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NAMES}
    argv = [sys.executable, *argv]
    return subprocess.run(
        argv, env=kept | setting, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("setting", "language"),
    [
        ({"LC_ALL": "xx_XX.UTF-8"}, "en"),
        ({"LANG": "xx_XX.UTF-8"}, "en"),
        ({"LC_ALL": "ko_KR.eucKR"}, "ko"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "xx_XX.UTF-8", "RR_LANG": "ko"}, "ko"),
        ({"LC_ALL": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
    ],
    ids=str,
)
def test_what_is_started_has_a_locale_that_works_and_the_language_asked_for(
    setting: dict[str, str], language: str
) -> None:
    encoding, spoken, same = json.loads(_run(["-c", _AFTER], setting).stdout)
    assert encoding in {"utf-8", "utf8"}
    assert spoken == language
    assert same  # dates and figures of this process look as before


@pytest.mark.parametrize("setting", [{"LC_ALL": "xx_XX.UTF-8"}, {"LC_ALL": "ko_KR.eucKR"}], ids=str)
def test_ansible_reads_a_site_under_it(setting: dict[str, str]) -> None:
    alone = _run(["-m", "ansible.cli.inventory", "-i", "inventories/example", "--list"], setting)
    assert alone.returncode != 0  # what the command guards against
    assert "locale" in alone.stderr
    ours = _run(["-m", "rollback_runner", "doctor", "-i", "inventories/example", "--json"], setting)
    found = [one["said"] for one in json.loads(ours.stdout)]
    assert not [said for said in found if "locale" in said]
    assert len(found) > 3


def test_where_nothing_works_the_environment_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "setlocale", _none)
    monkeypatch.setattr(os, "environ", {"LC_ALL": "ko_KR.eucKR"})
    locales.settle()
    assert os.environ == {"LC_ALL": "ko_KR.eucKR", "RR_LANG": "ko"}


def _none(_category: int, wish: str | None = None) -> str:
    if wish == "":
        raise locale.Error("unsupported locale setting")
    return "C"
