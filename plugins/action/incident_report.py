"""Make the report of the incident, or hand it over. Documentation: plugins/modules/incident_report.py."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident as incidents
from failback import package
from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError
from failback.findings import Finding

package.make_importable()

from rollback_runner.errors import RunnerError
from rollback_runner.record import delivering, making

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.arguments import Arguments

    from rollback_runner.record.delivering import Handed

_TICK = 0.5  # seconds between looks at what the channels say
_NOBODY = "site_report_recipients in the inventory, or site_roles"


class ActionModule(FailbackAction):
    """Judges the timeline, writes the report into the incident, or puts it on its way to people and waits a little."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "part": {"type": "str", "required": True, "choices": ["timeline", "make", "send"]},
        "recipients": {"type": "list", "elements": "dict"},
        "people": {"type": "dict", "default": {}},
        "roles": {"type": "dict", "default": {}},
        "within": {"type": "float", "default": 15.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Make it, then judge the timeline or the delivery. Raises FailbackError."""
        place = incidents.of_environment()
        if place is None:
            found = Finding("warning", "report:no-incident", "no incident is open, so there is no report to make")
            return Outcome(changed=False, findings=(found,))
        home = Path(os.environ.get("RR_HOME") or place.parents[2])
        try:
            match args.text("part"):
                case "timeline":
                    return _timeline(making.data(home, place, given=self._given(args)))
                case "make":
                    return self._make(home, place, args)
                case _:
                    return self._send(home, place, args)
        except RunnerError as error:
            raise FailbackError(f"{error.what} {error.next_step}".strip()) from error

    def _given(self, args: Arguments) -> dict[str, object]:
        """Give the report what it needs of the site, so that it does not read the inventory once more."""
        zone = self._templar.template(self._task_vars.get("site_timezone", "UTC"))
        return {"site_people": args.mapping("people"), "site_roles": args.mapping("roles"), "site_timezone": zone}

    def _make(self, home: Path, place: Path, args: Arguments) -> Outcome:
        """Write the report; the same edition is written again without being a change."""
        report, files = making.draw(home, place, given=self._given(args))
        before, fresh = making.kept(place), making.edition(report)
        evidence: dict[str, object] = {
            "edition": fresh,
            "files": {name: len(content.encode()) for name, content in files.items()},
            "directory": str(making.place(place)),
            "items": len(report["items"]),
            "events": len(report["events"]),
        }
        if not self.check_mode:
            made = making.keep(place, report, files)
            self.note("report", edition=fresh, files=dict(made.digests))
        return Outcome(changed=before != fresh, before=before, after=fresh, evidence=evidence)

    def _send(self, home: Path, place: Path, args: Arguments) -> Outcome:
        given = self._given(args)
        to = delivering.recipients(given | {"site_report_recipients": self._task.args.get("recipients")})
        if not to:
            found = Finding("warning", "report:nobody", "nobody is named to get the report", _NOBODY)
            return Outcome(changed=False, findings=(found,))
        edition = making.edition(making.data(home, place, given=given))
        keys = [delivering.key_of(edition, one) for one in to]
        before = {one.key: one for one in delivering.states(place, keys)}
        fresh = [one for one, key in zip(to, keys, strict=True) if not before[key].queued_at]
        if self.check_mode:
            after = dict.fromkeys([one.key for one in to], "sent")
            return Outcome(changed=bool(fresh), before=_short(before), after=after, evidence={"edition": edition})
        if fresh:
            made = making.make(home, place, given=given)
            edition, keys = made.edition, [delivering.key_of(made.edition, one) for one in to]
            with self.act("send the report", edition=edition, to=[one.key for one in fresh]):
                delivering.queue(place, made, fresh)
        handed = _settled(place, keys, float(args.number("within")))
        evidence: dict[str, object] = {
            "edition": edition,
            "recipients": [vars(one) for one in handed],
        }
        return Outcome(changed=bool(fresh), before=_short(before), after=_short({one.key: one for one in handed}),
                       evidence=evidence, findings=list(_found(handed)))  # fmt: skip


def _timeline(report: Mapping[str, Any]) -> Outcome:
    """Judge whether the timeline is complete: what has its place in it is there, and every journal is whole."""
    gaps = report["timeline_gaps"]
    # A line of the record that is gone cannot be found by looking again: it is told, and holds nothing up.
    found = [Finding("warning", f"timeline:{gap['key']}", f"the timeline lacks: {gap['sentence']}") for gap in gaps]
    kinds: dict[str, int] = {}
    for event in report["events"]:
        kinds[event["kind"]] = kinds.get(event["kind"], 0) + 1
    evidence: dict[str, object] = {
        "events": len(report["events"]),
        "kinds": kinds,
        "runs": len(report["runs"]),
        "lacks": [gap["sentence"] for gap in gaps],
    }
    return Outcome(changed=False, evidence=evidence, findings=found)


def _settled(place: Path, keys: Sequence[str], within: float) -> list[Handed]:
    """Wait until every message was taken or given up, no longer than `within` seconds."""
    until = time.monotonic() + within
    while True:
        handed = delivering.states(place, keys)
        if all(one.accepted_at or one.gave_up for one in handed) or time.monotonic() >= until:
            return handed
        time.sleep(_TICK)


def _found(handed: Sequence[Handed]) -> list[Finding]:
    """Tell who has not got it: a blocker where every channel was given up, a warning while it is tried."""
    found = []
    for one in handed:
        if one.accepted_at:
            continue
        key, why = f"report:{one.recipient}", one.error or "no channel has taken it yet"
        if one.gave_up:
            told = f"the report reached {one.recipient} by no channel: {why}"
            found.append(Finding("blocker", key, told, "rollback-runner report send"))
        else:
            told = f"the report is on its way to {one.recipient}: {why}"
            found.append(Finding("warning", key, told, "rollback-runner messages"))
    return found


def _short(handed: Mapping[str, Handed]) -> dict[str, str]:
    return {one.recipient: _state(one) for one in handed.values()}


def _state(one: Handed) -> str:
    if one.accepted_at:
        return one.accepted_at
    if one.gave_up:
        return "given up"
    return "waiting" if one.queued_at else "not sent"
