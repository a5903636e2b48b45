"""A problem with an approval, as people read it. The sentences are loaded when there is one to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.approval.sentences import Language


@dataclass(frozen=True)
class Problem:
    """Something that speaks against an approval. ``role`` is empty when it concerns all of them.

    ``waits``: nobody did anything wrong, a person's word is only missing.
    """

    kind: str
    role: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """True when only somebody's word is missing."""
        return self.kind in {"missing", "no_plan", "awx_pending"}

    @property
    def key(self) -> str:
        """A name that stays the same from look to look."""
        return ":".join(part for part in ("approval", self.role, self.kind, self.values.get("person", "")) if part)

    def sentence(self, language: Language = "en") -> str:
        """Say what is wrong."""
        return self._said(0, language)

    def next_step(self, language: Language = "en") -> str:
        """Say what to do about it."""
        return self._said(1, language)

    def told(self, language: Language = "en") -> str:
        """Say both."""
        return f"{self.sentence(language)} ({self.next_step(language)})"

    def _said(self, which: int, language: Language) -> str:
        from failback.approval import sentences  # noqa: PLC0415 - nothing to say is the rule, and time is short then

        names = {"title": self.role, "other_title": self.values.get("other", "")}
        titles = {name: sentences.ROLES.get(role, {}).get(language, role) for name, role in names.items()}
        text = sentences.SENTENCES[self.kind][which][language]
        return text.format_map({"role": self.role} | titles | dict(self.values))
