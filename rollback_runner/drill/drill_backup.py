"""Proves a backup by restoring it into a scratch container. Touches no server of the site and takes no lock of it.

The work is the playbook backup_proof.yml; here it is started, recorded beside the runs, and cleaned up after when it
was interrupted: Ansible's processes are killed then, and cannot do it themselves.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import journal
from failback.backup import place as places
from failback.errors import FailbackError

from rollback_runner import korean
from rollback_runner.content import ROOT
from rollback_runner.errors import Exit, UsageError
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, interrupts
from rollback_runner.site import inventory
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.messages import Texts
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.site.site import Site

_DEADLINE = 86400.0  # seconds: a restore of terabytes takes hours, and nothing waits for it
_TASK = "Restore a backup into a scratch server and compare it"
_EVERY = 5.0  # seconds between two lines on how far it is
_PATIENCE = 5.0  # seconds for the processes that were ended to let go of the lock
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Result:
    """What came of one database: the plugin's evidence with the proof, or why there is none."""

    host: str
    outcome: str  # passed, failed, refused, usage, busy, broken
    message: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Drilled:
    """The whole drill."""

    run: str
    site: str
    results: tuple[Result, ...]
    code: int


def run(site_name: str, home: Path, source: str, say: Callable[[dict[str, Any]], None]) -> Drilled:
    """Prove a backup of every database of the site; ``say`` is told now and then how far it is.

    Raises `SiteError`, `UsageError`, `RecordError`.
    """
    site = sites.load(site_name)
    _known(site, source)
    kept = store.create_aside(home, "proof-runs", store.new_id(home, site.name, "drill-backup"), site.secret_files)
    journal.append(kept.journal, "begin", phase="drill backup", site=site.name, holder=store.holder(), options={})
    order = ansible_run.Order(
        playbook=ROOT / "playbooks" / "backup_proof.yml",
        inventory=site.directory,
        directory=kept.directory,
        variables={"RR_RUN_DIR": str(kept.directory), "RR_HOME": str(home)},
        secret_files=site.secret_files,
        deadline=_DEADLINE,
        extra={"backup_proven_source": source} if source else None,
    )
    seen: list[TaskSeen] = []
    cancel = threading.Event()
    with interrupts.watched(cancel, lambda: None):
        ended = ansible_run.run(order, seen.append, cancel, _Teller(kept.directory / "progress.json", say))
    if ended.status in {"canceled", "timeout"}:
        _clean_up(site, home)
    results = tuple(_results(seen))
    code = _code(results, interrupted=cancel.is_set())
    if not results and code != Exit.INTERRUPTED:
        raise UsageError(f"The playbook backup_proof.yml did not run: {ended.last_words or ended.status}.")
    failed = [one.message for one in verdict.failures(seen)]
    journal.append(kept.journal, "end", outcome="proven" if code == Exit.PROVEN else "unproven", failures=failed)
    store.give_back_reserve(kept)
    drilled = Drilled(kept.id, site.name, results, code)
    store.write_json(kept, "proof.json", as_json(drilled))
    return drilled


class _Teller:
    """Tells how far the restore is, at most every few seconds, from the file the play keeps it in."""

    def __init__(self, file: Path, say: Callable[[dict[str, Any]], None]) -> None:
        self._file, self._say = file, say
        self._next = time.monotonic() + _EVERY

    def __call__(self) -> None:
        """Look and tell, when it is time."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        with suppress(OSError, ValueError):  # not there yet
            self._say(json.loads(self._file.read_text(encoding="utf-8")))


def as_json(drilled: Drilled) -> dict[str, Any]:
    """Give it as data."""
    results = [
        {"host": one.host, "outcome": one.outcome, "message": one.message, **one.evidence} for one in drilled.results
    ]
    return {"run": drilled.run, "site": drilled.site, "exit_code": drilled.code, "results": results}


def screen(drilled: Drilled, texts: Texts) -> str:
    """Write it for people, at most a screen a database."""
    return "\n".join(line for one in drilled.results for line in _lines(drilled.site, one, texts))


def _known(site: Site, source: str) -> None:
    """Refuse a name that no database has, as far as the names can be read without Ansible."""
    found: list[str] = []
    for host in site.hosts("databases"):
        listed = site.variables[host].get("backup_sources") or []
        if inventory.is_template(listed) or not isinstance(listed, list):
            return
        found += [str(one.get("name")) for one in listed if isinstance(one, dict)]
    if not found or (source and source not in found):
        told = f"There is no backup {source}" if source else "The site names no backup"
        names = f"; there are: {', '.join(found)}" if found else ""
        raise UsageError(f"{told}{names}.", next_step="correct --source, or backup_sources in the site")


def _results(seen: list[TaskSeen]) -> list[Result]:
    found = []
    for event in seen:
        if event.kind != "result" or event.sentence != _TASK or event.outcome == "skipped":
            continue
        evidence = dict(event.evidence.get("evidence") or {})
        proof = evidence.get("proof")
        if proof:
            outcome = "passed" if proof["passed"] else "failed"
        elif event.outcome == "refused":
            outcome = str(evidence.get("reason") or "refused")
        else:
            outcome = "broken"
        found.append(Result(event.host, outcome, event.message, evidence))
    return found


def _code(results: tuple[Result, ...], *, interrupted: bool) -> int:
    """Give the exit code of the gravest outcome."""
    outcomes = {one.outcome for one in results}
    if interrupted and not outcomes:
        return int(Exit.INTERRUPTED)
    if outcomes & {"failed", "broken"}:
        return int(Exit.FAILED)
    for outcome, code in (("usage", Exit.USAGE), ("busy", Exit.LOCKED), ("refused", Exit.REFUSED)):
        if outcome in outcomes:
            return int(code)
    return int(Exit.PROVEN if outcomes else Exit.FAILED)


def _clean_up(site: Site, home: Path) -> None:
    """Remove the scratch servers of an interrupted drill; what is out of reach now, the next drill removes.

    Only under the lock: when another drill holds it, what stands is that one's, and it is left alone.
    """
    for host in site.hosts("databases"):
        variables = site.variables[host]
        named = variables.get("backup_proofs")
        usual = home / "proofs" / site.name
        directory = Path(named) if isinstance(named, str) and named and not inventory.is_template(named) else usual
        directory = directory.expanduser()
        if not directory.is_dir():
            continue  # no drill of it ever began
        with suppress(FailbackError), places.alone(directory, host, _PATIENCE):
            place = places.place_of(str(variables.get("backup_scratch_host") or ""), site.variables)
            places.sweep(place, places.stem(site.name, host, directory), directory / "scratch")


def _lines(site: str, result: Result, texts: Texts) -> list[str]:
    proof: dict[str, Any] = result.evidence.get("proof") or {}
    if not proof:
        key = "backup.broken" if result.outcome == "broken" else "backup.refused"
        return [texts(key, host=result.host, text=korean.said(result.message, texts.language))]
    seconds = {"verify": 0.0, "restore": 0.0, "compare": 0.0} | proof["seconds"]
    lines = [
        texts("backup.title", site=site, host=result.host),
        texts(f"backup.{result.outcome}", source=proof["source"]),
        texts("backup.taken", format=proof["format"], size=_size(proof["bytes"]), taken=proof["taken_at"] or "?"),
    ]
    if proof["compared"]:
        lines += [
            texts(
                "backup.rows",
                rows=f"{proof['rows']:,}",
                tables=proof["tables"],
                version=proof["server_version"],
                place=proof["place"],
            ),
            texts(f"backup.compared.{proof['compared']}"),
            texts("backup.time", **{name: f"{seconds[name]:.1f}" for name in ("verify", "restore", "compare")}),
            texts("backup.rate", rows=f"{proof['rows_per_second']:,.0f}", bytes=_size(proof["bytes_per_second"])),
        ]
    problems = [proof["problem"]] if proof["problem"] else proof["differences"][:5]
    lines += [texts("backup.problem", text=korean.said(text, texts.language)) for text in problems]
    lines += _ahead(result.evidence, texts) if result.outcome == "passed" else []
    if swept := result.evidence.get("swept"):
        lines.append(texts("backup.swept", names=", ".join(swept)))
    if left := result.evidence.get("left"):
        lines.append(texts("backup.left", text=left))
    return [*lines, texts("backup.logs"), texts("backup.kept", path=result.evidence.get("kept_in", ""))]


def _ahead(evidence: dict[str, Any], texts: Texts) -> list[str]:
    ahead, budget = evidence.get("forecast"), float(evidence.get("budget_seconds") or 0)
    if not ahead:
        return []
    p50, p90 = ahead["p50_seconds"], ahead["p90_seconds"]
    lines = [texts("backup.forecast", p50=f"{p50:.0f}", p90=f"{p90:.0f}", budget=f"{budget:.0f}")]
    lines.append(texts("backup.basis", basis=ahead["basis"][texts.language]))
    return [*lines, texts("backup.over")] if budget and p90 > budget else lines


def _size(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < 1000:  # noqa: PLR2004 - the step between two units
            return f"{count:.1f} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"
