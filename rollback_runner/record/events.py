"""Turns what Ansible says, as a task listing and as runner events, into typed facts.

Pure: text and mappings in, facts out.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback import findings, ssh_words

from rollback_runner.record.seen import Outcome, Step, TaskSeen, split_name
from rollback_runner.record.timeline_words import when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RESULTS: dict[str, Outcome] = {
    "runner_on_ok": "ok",
    "runner_on_skipped": "skipped",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}

_OF_THE_RECORD = frozenset({"record_handover", "record_verdict"})


def parse_steps(listing: str, optional: frozenset[str] = frozenset()) -> Iterator[Step]:
    """Read the output of `--list-tasks`."""
    play, hosts = "", ""
    for line in listing.splitlines():
        if match := re.match(r"^\s*play #\d+ \((.*?)\): (.*?)\s*TAGS: \[", line):
            hosts, play = match[1], match[2]
        elif match := re.match(r"^\s{6,}(\S.*?)\s*TAGS: \[", line):
            ids, sentence = split_name(match[1])
            yield Step(play, sentence, ids, optional=sentence in optional, hosts=hosts)


def parse_event(raw: Mapping[str, Any]) -> Iterator[TaskSeen]:
    """Turn one runner event into what it tells us; most tell nothing."""
    kind, data = raw.get("event", ""), raw.get("event_data") or {}
    # Runner stamps events in UTC, with or without saying so.
    base = TaskSeen("play", time=when(raw.get("created", "")), play=data.get("play") or data.get("name") or "")
    if kind == "playbook_on_play_start":
        yield base
        return
    if kind == "playbook_on_stats":
        yield replace(base, kind="end")
        return
    if data.get("task_action") in _OF_THE_RECORD:
        return  # they answer for the verdict, so they are no part of it
    name = data.get("task") or ""
    task = replace(base, kind="task", name=name, ids=split_name(name)[0], host=data.get("host") or "")
    found = data.get("res")
    res: Mapping[str, Any] = found if isinstance(found, dict) else {}
    if kind == "playbook_on_task_start":
        yield task
    elif kind == "runner_on_start":
        yield replace(task, kind="started")
    elif kind == "runner_retry":
        yield replace(task, kind="retry", message=f"{res.get('attempts', '?')}/{res.get('retries', '?')}")
    elif kind in _RESULTS:
        yield replace(
            task,
            kind="result",
            outcome=_outcome(kind, res),
            seconds=round(float(data.get("duration") or 0), 3),
            message=_message(kind, res),
            evidence=_evidence(res),
            findings=tuple(res.get("findings") or ()),
        )


def _outcome(kind: str, res: Mapping[str, Any]) -> Outcome:
    outcome = _RESULTS[kind]
    if kind in {"runner_on_ok", "runner_on_failed"} and res.get("waiting"):
        return "waiting"
    if outcome == "ok" and findings.told(res.get("findings") or (), "blocker"):
        return "failed"
    if outcome == "failed" and res.get("refused"):
        return "refused"
    if outcome == "ok" and res.get("changed"):
        return "changed"
    return outcome


def _message(kind: str, res: Mapping[str, Any]) -> str:
    if kind == "runner_on_skipped":
        return str(res.get("skip_reason") or res.get("skipped_reason") or "")
    text = res.get("msg", "")
    if kind == "runner_on_ok":
        text = findings.told(res.get("findings") or (), "blocker") or res.get("waiting") or text
    if kind in {"runner_on_failed", "runner_on_unreachable"}:
        items = [item for item in res.get("results", ()) if isinstance(item, dict) and item.get("failed")]
        text = "; ".join(str(item.get("msg", "")) for item in items) or text or res.get("stderr") or "it gave no reason"
    if kind == "runner_on_unreachable":
        text = ssh_words.of_ansible(str(text))
    return text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)


def _evidence(res: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: res[key] for key in ("before", "after", "evidence") if res.get(key) not in (None, {}, [], "")}
    items = [_evidence(item) for item in res.get("results", ()) if isinstance(item, dict)]
    if any(items):
        found["each"] = items
    return found
