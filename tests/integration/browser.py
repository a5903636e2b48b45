"""A real browser in a container, to look at our pages: Chromium of Debian, driven over WebDriver, nothing from outside.

``session`` opens one; ``picture`` takes the picture of an HTML file, as the screen shows it or as paper would.
The image is built when first asked for (``lab.images.BROWSER``), which needs root once and takes a few minutes.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from lab import images
from lab.paths import LabPaths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_TIMEOUT = 60.0
PAGES = "/pages"  # where a session finds the folder it was given
PHONE = (390, 844)
PHONES = 500  # what is narrower is a phone
DESKTOP = (1440, 900)


def needed() -> str:
    """Give the browser's image; the test is left out where there is no engine to run it."""
    if shutil.which("docker") is None:
        pytest.skip("there is no Docker Engine here")
    return images.on_demand(images.BROWSER, LabPaths.from_environment().root / "tmp")


@contextmanager
def session(  # noqa: PLR0913 - what a browser is opened with
    *,
    width: int = DESKTOP[0],
    height: int = DESKTOP[1],
    folder: Path | None = None,
    dark: bool = False,
    lang: str = "en",
    network: str = "host",
) -> Iterator[webdriver.Remote]:
    """Open a browser whose page is ``width`` by ``height`` pixels; it ends with the block, whatever happens in it.

    ``folder`` is seen by the browser as ``file:///pages``, read only. A width below 500 is a phone: touch, two pixels
    a point. ``network`` is Docker's word; what is on this machine's 127.0.0.1 is reached with ``host``.
    """
    name, port = f"rrt-browser-{uuid.uuid4().hex[:8]}", _free_port()
    mounts = ["--mount", f"type=bind,src={folder.resolve()},dst={PAGES},readonly"] if folder else []
    argv = ["docker", "run", "--rm", "--detach", "--init", "--name", name, "--label", "rr.test=1"]
    argv += ["--network", network, "--shm-size", "256m", "--memory", "1g", "--user", "browser", *mounts]
    argv += ["--env", f"LANG={lang}.UTF-8", "--env", f"LANGUAGE={lang}", needed(), "chromedriver", f"--port={port}"]
    subprocess.run([*argv, "--allowed-ips=", "--log-level=SEVERE"], check=True, capture_output=True, text=True)
    driver = None
    try:
        driver = _connect(f"http://{_address(name, network)}:{port}", _options(width, height, lang, dark=dark))
        if width >= PHONES:  # a window has a frame, which the page must not pay for
            command(
                driver,
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=False,
            )
        driver.set_page_load_timeout(30)
        driver.set_script_timeout(30)
        yield driver
    finally:
        if driver is not None:
            _quietly(driver)
        subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True)


def picture(  # noqa: PLR0913 - what a picture is taken of
    html: Path,
    png: Path,
    width: int = DESKTOP[0],
    *,
    print: bool = False,  # noqa: A002 - the word for it
    dark: bool = False,
    lang: str = "en",
) -> list[Path]:
    """Take the picture of a whole page; return the files made.

    With ``print`` the page is printed to a PDF beside ``png`` (A4), and each sheet becomes a picture of its own.
    """
    with session(
        width=width, height=PHONE[1] if width < PHONES else DESKTOP[1], folder=html.parent, dark=dark, lang=lang
    ) as driver:
        driver.get(f"file://{PAGES}/{html.name}")
        if print:
            return _printed(driver, png)
        whole(driver, png)
    return [png]


def whole(driver: webdriver.Remote, png: Path) -> Path:
    """Take the picture of the whole page that is open, not only of what fits the window."""
    size = command(driver, "Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    taken = command(driver, "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    png.parent.mkdir(parents=True, exist_ok=True)
    png.write_bytes(base64.b64decode(taken["data"]))
    return png


def command(driver: webdriver.Remote, name: str, **arguments: object) -> dict[str, object]:
    """Give the browser a command of the DevTools protocol."""
    answer = driver.execute("executeCdpCommand", {"cmd": name, "params": arguments})
    return dict(answer["value"] or {})


def asked_for(driver: webdriver.Remote) -> list[str]:
    """List the addresses the open page has loaded anything from, its own included."""
    return list(
        driver.execute_script("return [location.href, ...performance.getEntriesByType('resource').map(e => e.name)]")
    )


def complaints(driver: webdriver.Remote) -> list[str]:
    """List what the browser's console has complained about since it was last asked: errors, and what CSP blocked."""
    return [entry["message"] for entry in driver.execute("getLog", {"type": "browser"})["value"]]


def _printed(driver: webdriver.Remote, png: Path) -> list[Path]:
    sheet = command(
        driver, "Page.printToPDF", preferCSSPageSize=True, printBackground=True, paperWidth=8.27, paperHeight=11.69
    )
    pdf = png.with_suffix(".pdf")
    png.parent.mkdir(parents=True, exist_ok=True)
    pdf.write_bytes(base64.b64decode(str(sheet["data"])))
    made = f"type=bind,src={png.parent.resolve()},dst=/out"
    argv = [
        "docker",
        "run",
        "--rm",
        "--label",
        "rr.test=1",
        "--network",
        "none",
        "--user",
        f"{os.getuid()}:{os.getgid()}",
    ]
    inside = ["pdftoppm", "-png", "-r", "80", f"/out/{pdf.name}", f"/out/{png.stem}"]
    subprocess.run([*argv, "--mount", made, needed(), *inside], check=True, capture_output=True, text=True)
    return sorted(png.parent.glob(f"{png.stem}-*.png"))


def _options(width: int, height: int, lang: str, *, dark: bool) -> webdriver.ChromeOptions:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        # The container is the sandbox: it shows our own pages only, as a user without rights.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--no-first-run",
        "--hide-scrollbars",
        f"--lang={lang}",
        f"--window-size={width},{height}",
        *(["--blink-settings=preferredColorScheme=0"] if dark else []),
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": lang})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.accept_insecure_certs = True
    if width < PHONES:
        metrics = {"width": width, "height": height, "pixelRatio": 2.0, "touch": True}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    return options


def _connect(address: str, options: webdriver.ChromeOptions) -> webdriver.Remote:
    """Wait until the driver answers: the container needs a second or two."""
    until = time.monotonic() + START_TIMEOUT
    while True:
        try:
            driver = webdriver.Remote(command_executor=address, options=options)
            break
        except (OSError, HTTPError, WebDriverException) as error:
            if time.monotonic() > until:
                raise TimeoutError(f"the browser did not start within {START_TIMEOUT:.0f} s: {error}") from error
            time.sleep(0.2)
    driver.command_executor._commands["executeCdpCommand"] = ("POST", "/session/$sessionId/goog/cdp/execute")
    driver.command_executor._commands["getLog"] = ("POST", "/session/$sessionId/se/log")
    return driver


def _address(name: str, network: str) -> str:
    if network == "host":
        return "127.0.0.1"
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    found = subprocess.run(
        ["docker", "inspect", "--format", template, name], check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _quietly(driver: webdriver.Remote) -> None:
    with suppress(OSError, HTTPError, WebDriverException):  # the container goes anyway
        driver.quit()
