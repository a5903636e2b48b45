"""Tell the audiences what is proven at the end. Documentation: plugins/modules/told_send.py."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident, package
from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding

package.make_importable()

from rollback_runner.record import store
from rollback_runner.telling import announce, in_play, outbox

_POLL = 0.25  # seconds between two looks whether the channels have taken the messages


class ActionModule(FailbackAction):
    """Puts messages for the messenger, and waits a while until channels have taken them."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "events": {"type": "list", "elements": "str", "required": True},
        "site": {"type": "dict", "required": True},
        "wait": {"type": "float", "default": 60.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Put what the events make, once; say of each message whether a channel took it."""
        place = incident.of_environment()
        if place is None:
            none = Finding("warning", "incident:none", "there is no open incident, so there is nobody to tell")
            return Outcome(changed=False, findings=[none])
        home = Path(os.environ.get("RR_HOME") or ".")
        site = in_play.site(args.mapping("site"))
        events = args.texts("events")
        known = {state.message.key for state in outbox.read(place)}
        planned = [message.key for event in events for message in announce.made(site, home, place, event)]
        fresh = [key for key in planned if key not in known]
        if fresh and not self.check_mode:
            directory = os.environ.get("RR_RUN_DIR", "")
            run = store.Run(Path(directory)) if directory else None
            with self.act("put messages for the messenger", events=list(events)) as outcome:
                outcome["messages"] = [
                    key for event in events for key in announce.announce(site, home, place, run, event)
                ]
        rows = self._taken(place, planned, 0.0 if self.check_mode else args.number("wait"))
        open_ones = [row["key"] for row in rows if not row["told_at"]]
        findings = []
        if open_ones and not self.check_mode:
            sentence = f"{len(open_ones)} of {len(rows)} messages were taken by no channel yet"
            findings.append(Finding("warning", "told:open", sentence, "rollback-runner messages"))
        return Outcome(
            changed=bool(fresh), before=sorted(known), after=planned, evidence={"messages": rows}, findings=findings
        )

    @staticmethod
    def _taken(place: Path, keys: list[str], wait: float) -> list[dict[str, Any]]:
        ends = time.monotonic() + wait
        while True:
            states = {state.message.key: state for state in outbox.read(place)}
            rows = [
                {
                    "key": key,
                    "subject": states[key].message.subject if key in states else "",
                    "told_at": states[key].accepted_at if key in states else "",
                    "error": states[key].error if key in states else "",
                }
                for key in keys
            ]
            over = all(row["told_at"] or (row["key"] in states and states[row["key"]].gave_up) for row in rows)
            if over or time.monotonic() >= ends:
                return rows
            time.sleep(_POLL)
