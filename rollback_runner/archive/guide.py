"""The page inside every archive that tells how to prove it without this tool, in both languages."""

from __future__ import annotations

from rollback_runner import messages


def text() -> str:
    """Return the page."""
    return "\n".join(messages.Texts(language)("archive.guide") for language in ("en", "ko"))
