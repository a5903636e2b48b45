"""Judge whether people were told. Documentation: plugins/modules/told_item.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident, journal, package
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError
from failback.findings import Finding

package.make_importable()

from rollback_runner.telling import announce, audiences, escalation, judge, outbox, story


class ActionModule(FailbackAction):
    """Looks only: the runs' journals say what was to be told, the messages whether it was."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "item": {"type": "str", "required": True},
        "site": {"type": "dict", "required": True},
        "lag": {"type": "float", "default": 60.0},
        "option": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Judge the item by the open incident."""
        item = args.text("item")
        if item not in judge.ITEMS:
            raise ConfigError(f"{item} is not judged by what was told; the items are {', '.join(judge.ITEMS)}")
        place = incident.of_environment()
        if place is None:
            none = Finding("warning", "incident:none", "there is no open incident, so nothing was to be told")
            return Outcome(changed=False, findings=[none])
        given = args.mapping("site")
        try:
            told = judge.Told(
                story=story.read(Path(os.environ.get("RR_HOME") or "."), place),
                states=outbox.read(place),
                climbs=escalation.read(place),
                audiences=audiences.of_site(given),
                troubles=outbox.lines(place / announce.TROUBLE),
                lag=args.number("lag"),
                site=args.text("option"),
                agreed=bool(given.get("site_sla")),
            )
        except journal.JournalError as error:
            raise FailbackError(f"what was told cannot be read: {error}") from error
        found = judge.judge(item, told)
        return Outcome(changed=False, evidence=found.evidence, findings=found.findings, waiting=found.waiting)
