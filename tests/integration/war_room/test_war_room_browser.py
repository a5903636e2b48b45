"""The war room in a real browser: live, on a desktop and on a phone, in both languages, and calm under what is odd."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
import browser
import made_up
from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_up import Served
    from selenium import webdriver

_TEXT = """const found = [...document.querySelectorAll(arguments[0])];
return found.length ? found.map((each) => each.textContent).join(" ") : null;"""
PATIENCE = 20.0  # seconds for something to appear; on a busy machine a look takes its time


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    browser.needed()
    with made_up.served(made_up.make(tmp_path_factory.mktemp("room"))) as found:
        yield found


def enter(driver: webdriver.Remote, served: Served, token: str, lang: str = "en") -> None:
    """Open the link that was made with the token, as a phone would."""
    driver.get(f"{served.base}/sign-in?lang={lang}#{token}")
    assert driver.execute_script("return location.hash") == ""  # no history keeps the token
    driver.find_element(By.CSS_SELECTOR, "button.strong").click()
    until(driver, "#room")


def until(driver: webdriver.Remote, selector: str, text: str = "") -> str:
    """Wait until an element is there, and holds a text; return what it holds."""
    deadline = time.monotonic() + PATIENCE
    found = ""
    while time.monotonic() < deadline:
        # Asked in one step: between two, the page may have put something new in its place.
        found = driver.execute_script(_TEXT, selector)
        if found is not None and text in found:
            return str(found)
        time.sleep(0.1)
    raise AssertionError(f"{selector} never held {text!r}: {found!r}")


def test_the_page_follows_the_run_and_takes_a_word(served: Served) -> None:
    with browser.session() as driver:
        enter(driver, served, served.made.token("lee"))
        until(driver, "#s-now .mood", "Emergency under way")
        until(driver, "#s-now .task", "Do what AWS-02 asks")
        until(driver, "#s-now .taker", "RDS on AWS")
        until(driver, "#s-stake", "12 orders")
        assert driver.find_elements(By.CSS_SELECTOR, "#s-figures svg")
        driver.execute_script("window.same = true")

        journal.append(served.made.run / "journal.jsonl", "final", final={"gtid": "x"}, host="shop-db", proofs={})
        served.made.task("Open IDC for writes", "SWITCH-01")
        until(driver, "#s-now .taker", "Nobody")
        until(driver, "#s-now .task", "Open IDC for writes")
        journal.append(served.made.run / "journal.jsonl", "failure", task="role : SWITCH-01 | Open IDC for writes",
                       host="shop-db", outcome="failed", message=made_up.SCRIPT)  # fmt: skip
        until(driver, "#s-troubles .grave", "<script>window.broken=1</script>")
        assert driver.execute_script("return window.same")  # no page was loaded anew for it

        driver.execute_script("document.querySelector('[data-key=\"mine-TEAM-01\"]').open = true")
        driver.find_element(By.CSS_SELECTOR, '[data-key="mine-TEAM-01"] textarea').send_keys("On my way")
        driver.find_element(By.CSS_SELECTOR, '[data-key="mine-TEAM-01"] button.strong').click()
        until(driver, ".notice", "On record: TEAM-01 acknowledged")
        word = served.made.said()[-1]
        assert (word.item, word.kind, word.by, word.note) == ("TEAM-01", "acknowledge", "lee", "On my way")

        assert driver.execute_script("return window.broken") is None
        assert not driver.find_elements(By.CSS_SELECTOR, "main script, main img, main [onerror]")
        assert browser.complaints(driver) == []
        assert all(address.startswith(served.base) for address in browser.asked_for(driver))


def test_a_draft_is_not_taken_away_by_news(served: Served) -> None:
    with browser.session() as driver:
        enter(driver, served, served.made.token("lee"))
        until(driver, "#live.live")
        driver.execute_script("document.querySelector('[data-key=\"mine-TEAM-01\"]').open = true")
        note = driver.find_element(By.CSS_SELECTOR, '[data-key="mine-TEAM-01"] textarea')
        note.send_keys("half a sentence")
        made_up.words.say(served.made.incident, made_up.Word("acknowledge", "TEAM-01", "park"))
        until(driver, "#s-events", "park")
        assert note.get_attribute("value") == "half a sentence"
        driver.refresh()  # and it outlives the page
        until(driver, "#live.live")
        kept = driver.find_element(By.CSS_SELECTOR, '[data-key="mine-TEAM-01"] textarea')
        assert kept.get_attribute("value") == "half a sentence"


@pytest.mark.parametrize(("lang", "dark"), [("en", False), ("ko", True)])
def test_it_fits_a_phone(served: Served, lang: str, *, dark: bool) -> None:
    width, height = browser.PHONE
    with browser.session(width=width, height=height, lang=lang, dark=dark) as driver:
        enter(driver, served, served.made.token("kim"), lang)
        until(driver, "#live.live")
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        assert driver.execute_script("return document.documentElement.lang") == lang
        ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(14, 19, 23)") is dark
        for button in driver.find_elements(By.CSS_SELECTOR, "button"):
            if button.is_displayed():
                assert button.size["height"] >= 34  # a thumb hits it
        assert browser.complaints(driver) == []


def test_without_a_server_it_says_so(served: Served) -> None:
    """The last test of this server."""
    with browser.session() as driver:
        enter(driver, served, served.made.token("kim"))
        until(driver, "#live.live")
        made_up.stop(served)
        until(driver, "#live.lost", "Connection lost")
