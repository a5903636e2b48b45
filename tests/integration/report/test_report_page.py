"""The page in a real browser: both languages, wide and phone, on paper, and with hostile text in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import browser
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "rollback_runner" / "incident_report"))

from test_page import evil

from rollback_runner.record import making

if TYPE_CHECKING:
    from selenium.webdriver import Remote

OVER = "return document.documentElement.scrollWidth - window.innerWidth"
SEEN = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).length"
TINY = """
return [...document.querySelectorAll('.picture text')].filter(e => e.getClientRects().length)
  .map(e => e.getBoundingClientRect().height).reduce((least, height) => Math.min(least, height), 99)
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = evil(tmp_path_factory.mktemp("home"))
    written = making.make(made.home, made.incident)
    written.directory.chmod(0o755)  # the browser reads it as another user
    for path in written.directory.iterdir():
        path.chmod(0o644)
    return written.directory


def opened(driver: Remote, language: str) -> None:
    driver.get(f"file://{browser.PAGES}/report.{language}.html")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_runs_nothing(pages: Path, width: int) -> None:
    with browser.session(width=width, height=844, folder=pages) as driver:
        for language in ("en", "ko"):
            opened(driver, language)
            assert driver.execute_script(OVER) <= 0, language
            assert driver.title != "owned"
            assert driver.execute_script("return document.scripts.length + document.images.length") == 0
            shown, hidden = (".wide", ".narrow") if width > 640 else (".narrow", ".wide")
            assert driver.execute_script(SEEN, f"{shown} svg") > 2
            assert driver.execute_script(SEEN, f"{hidden} svg") == 0
            assert driver.execute_script(TINY) >= 9
            assert driver.execute_script(SEEN, "article.item") == 100


def test_paper_shows_what_the_screen_folds_away(pages: Path, tmp_path: Path) -> None:
    sheets = browser.picture(pages / "report.ko.html", tmp_path / "paper.png", print=True)
    assert len(sheets) >= 3
    with browser.session(width=1280, height=900, folder=pages) as driver:
        opened(driver, "en")
        assert driver.execute_script(SEEN, "table.events td") == 0
        browser.command(driver, "Emulation.setEmulatedMedia", media="print")
        assert driver.execute_script(SEEN, "table.events td") > 20
        assert driver.execute_script(SEEN, "nav a") == 0
