from __future__ import annotations

import re
import string

import pytest
import yaml

from rollback_runner import messages
from rollback_runner.content import PACKAGE

CATALOGUE = {
    key: texts
    for path in sorted((PACKAGE / "messages").glob("*.yml"))
    for key, texts in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}


def fields(text: str) -> set[str]:
    return {name.partition(":")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_both_languages_say_the_same_with_the_same_values(key: str) -> None:
    entry = CATALOGUE[key]
    assert set(entry) == {"en", "ko"}
    assert fields(entry["en"]) == fields(entry["ko"])
    # A name and its figures (`DNS`, `{name} MySQL {version}`) are the same in both.
    if re.search(r"\b[a-z]{2,}", re.sub(r"\{[^}]*\}", "", entry["en"])):
        assert re.search("[가-힣]", entry["ko"])


def test_every_key_in_the_code_is_in_the_catalogue() -> None:
    used: set[str] = set()
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.j2")]:
        # Of an installed package, the plugins lie below it and have words of their own.
        if "_content" in path.relative_to(PACKAGE).parts:
            continue
        used.update(re.findall(r"""(?:texts|_texts|\bt)\(\s*"([a-z_.]+)\"""", path.read_text(encoding="utf-8")))
    assert {key for key in used if not key.endswith((".", "_"))} <= set(CATALOGUE)


@pytest.mark.parametrize(
    ("choice", "own", "setting", "language"),
    [
        ("ko", "", "C", "ko"),
        ("en", "ko", "ko_KR.UTF-8", "en"),
        (None, "", "ko_KR.UTF-8", "ko"),
        (None, "", "de_DE", "en"),
        (None, "ko", "C.UTF-8", "ko"),
        (None, "en", "ko_KR.UTF-8", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_that_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, choice: str | None, own: str, setting: str, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", setting)
    monkeypatch.setenv("RR_LANG", own)
    assert messages.detect(choice) == language
