"""The report of a release's rollback as one HTML file: no script, no outside asset, all of the record escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner import messages
from rollback_runner.record import html, proofs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language

_LEVELS = {"proven": "good", "rehearsed": "note", "waiting": "warn", "refused": "warn"}


def page(report: Mapping[str, Any], language: Language) -> str:
    """Write the page of one run in one language. Raises `ValueError` for the report of a run of another kind."""
    if not report.get("deployment"):
        raise ValueError(f"the run {report['run']} rolled no release back")
    texts = messages.Texts(language)
    items = [{**item, "proofs": _proofs(item)} for item in report["items"]]
    return html.templates().get_template("release.html.j2").render(
        r=report,
        release=report["deployment"],
        items=items,
        t=texts,
        lang=language,
        style=html.style(),
        level=_LEVELS.get(report["outcome"], "grave"),
    )  # fmt: skip


def _proofs(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each host with every task that said something."""
    hosts = [{"host": host["host"], "tasks": proofs.whole(host)} for host in item["hosts"]]
    return [host for host in hosts if host["tasks"]]
