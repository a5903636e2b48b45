"""Makes an incident's report and keeps it with the incident: page and text in both languages, and the data itself.

The report can be made at any moment and any number of times, during the incident and after it; a file is whole or not
there. `report.json` is what everything else is drawn from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import whole

from rollback_runner.errors import RecordError
from rollback_runner.record import html, incident_markdown, incident_report
from rollback_runner.watching import series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

LANGUAGES: tuple[Language, ...] = ("en", "ko")
# What the edition leaves out: making and sending the report must not make it another one.
_OWN = frozenset({"DOC-01", "DOC-03", "DOC-04"})


@dataclass(frozen=True)
class Made:
    """A report that was written. `edition` stays the same as long as what it says of the incident does."""

    report: Mapping[str, Any]
    directory: Path
    edition: str
    digests: Mapping[str, str]

    def page(self, language: Language) -> Path:
        """Return where the page in this language is."""
        return self.directory / f"report.{language}.html"


def place(incident: Path) -> Path:
    """Return the directory of an incident's report."""
    return incident / "report"


def data(home: Path, incident: Path, *, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Make the report as data alone. `given` are the site's variables, where they are at hand. Raises `UsageError`."""
    return incident_report.build(incident_report.gather(home, incident, given=given))


def draw(
    home: Path, incident: Path, site: Site | None = None, *, given: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Make every form of the report without writing any: the data, and the files' texts by name.

    Raises `UsageError` when no run belongs to the incident.
    """
    report = incident_report.build(incident_report.gather(home, incident, site, given=given))
    figures = series.read(incident)
    files = {"report.json": json.dumps(report, ensure_ascii=False, indent=1) + "\n"}
    for language in LANGUAGES:
        files[f"report.{language}.html"] = html.page(report, figures, language)
        files[f"report.{language}.md"] = incident_markdown.text(report, language)
    return report, files


def make(home: Path, incident: Path, site: Site | None = None, *, given: Mapping[str, Any] | None = None) -> Made:
    """Make the report and write it into the incident. Raises `UsageError`; `RecordError` when it cannot be written."""
    return keep(incident, *draw(home, incident, site, given=given))


def keep(incident: Path, report: Mapping[str, Any], files: Mapping[str, str]) -> Made:
    """Write what was drawn into the incident. Raises `RecordError`."""
    directory = place(incident)
    digests = {}
    for name, content in files.items():
        write(directory / name, content)
        digests[name] = hashlib.sha256(content.encode()).hexdigest()
    return Made(report, directory, edition(report), digests)


def kept(incident: Path) -> str:
    """Return the edition of the report that is there; "" where none is, or it cannot be read."""
    try:
        return edition(json.loads((place(incident) / "report.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def edition(report: Mapping[str, Any]) -> str:
    """Name what a report says of the incident: the same facts, made an hour later, are the same edition."""
    told = {
        "outcome": [report["promoted"], report["summary"]["headline"]["en"], report["metrics"]],
        "items": {row["id"]: row["status"] for row in report["items"] if row["id"] not in _OWN},
        "failures": [[row["task"], row["host"], row["status"]] for row in report["failures"]],
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write(target: Path, content: str) -> None:
    """Write a file whole or not at all, readable by nobody else. Raises `RecordError`."""
    try:
        whole.write(target, content.encode())
    except OSError as error:
        raise RecordError(
            f"{target} cannot be written: {error.strerror}; the record it is made from is whole.",
            next_step=f"make room in {target.parent}, then rollback-runner report --html",
        ) from error
