"""Every message on the page of troubleshooting is one that the code says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = [found[1] for line in PAGE.splitlines() if (found := re.match(r"\| `([^`]+)` \|", line))]


# One text over several lines of code, and what is filled in.
JOINED = re.compile(r"""["']\s*\n\s*f?["']""")


@cache
def said() -> str:
    """The code and the texts of the project; a text that goes on in the next line stands in one."""
    folders = (
        ("rollback_runner", "*.py"),
        ("plugins", "*.py"),
        ("roles", "*.yml"),
        ("rollback_runner/messages", "*.yml"),
    )
    paths = [path for folder, pattern in folders for path in sorted((PROJECT / folder).rglob(pattern))]
    return JOINED.sub("", "\n".join(path.read_text(encoding="utf-8") for path in paths))


def test_the_page_has_messages() -> None:
    assert len(MESSAGES) > len("a dozen or so, in tables")


@pytest.mark.parametrize("message", MESSAGES)
def test_the_code_says_it(message: str) -> None:
    pattern = r"[^\n]*".join(re.escape(part.strip(" ,")) for part in message.split("..."))
    assert re.search(pattern, said()), f"nothing in the code says {message}"
