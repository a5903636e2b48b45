"""What people read, in English and Korean. Code, logs and ids stay in English."""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rollback_runner import next_steps, our_yaml
from rollback_runner.content import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language


@dataclass(frozen=True)
class Texts:
    """The catalogue in one language: `texts("plan.budget", budget=900)`."""

    language: Language

    def __call__(self, key: str, **values: Any) -> str:
        """Return the text with its values filled in, commands with the site they are of.

        An unknown key is a fault of ours and raises `KeyError`.
        """
        return next_steps.complete(_catalogue()[key][self.language].format(**values))

    def has(self, key: str) -> bool:
        """Tell whether the catalogue has a text of this name."""
        return key in _catalogue()

    def status(self, status: str) -> str:
        """Return the word for a status."""
        return self(f"status.{status}")

    def outcome(self, report: Mapping[str, Any]) -> str:
        """Say how a run ended; that of a release has words of its own."""
        release = report.get("deployment") or {}
        own = f"outcome.deployment.{report['outcome']}"
        if release and self.has(own):
            return self(own, app=release["application"], to=release["to"] or "-")
        return self(f"outcome.{report['outcome']}", site=report["site_title"][self.language])

    def database(self, release: Mapping[str, Any]) -> str:
        """Say what became of the database of a release's application."""
        return self(f"deployment.strategy.{release['strategy'] if release['has_database'] else 'no_database'}")

    def metric(self, name: str) -> str:
        """Return the words for a figure; one that the catalogue does not know keeps its name."""
        return self(f"metric.{name}") if self.has(f"metric.{name}") else name


def detect(choice: str | None = None) -> Language:
    """Take the language asked for, else that of RR_LANG or of the locale; English when it is neither."""
    for wish in (choice, os.environ.get("RR_LANG")):
        if wish == "ko":
            return "ko"
        if wish == "en":
            return "en"
    setting = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "ko" if (setting or locale.getlocale()[0] or "").lower().startswith(("ko", "korean")) else "en"


def below(prefix: str) -> dict[str, dict[str, str]]:
    """Return the texts whose names begin so, by the rest of their names: for what has to take them along."""
    return {key.removeprefix(prefix): dict(texts) for key, texts in _catalogue().items() if key.startswith(prefix)}


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    catalogue: dict[str, dict[str, str]] = {}
    for path in sorted((PACKAGE / "messages").glob("*.yml")):
        catalogue |= our_yaml.read(path)
    return catalogue
