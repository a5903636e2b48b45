"""Draw up documents from the record of the incident. Documentation: plugins/modules/document_draft.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident, package
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError
from failback.findings import Finding

package.make_importable()

from rollback_runner.documents import drafts, render, told
from rollback_runner.errors import RunnerError


class ActionModule(FailbackAction):
    """Writes drafts beside the incident, and never over what a person changed."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "home": {"type": "str", "required": True},
        "names": {"type": "list", "elements": "str", "required": True, "choices": list(render.NAMES)},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Draw up what is new. Raises FailbackError when the record cannot be read or the drafts not written."""
        here = incident.of_environment()
        if here is None:
            said = "there is no open incident, so there is no record to draw documents up from"
            next_step = "rollback-runner phase prepare opens one"
            return Outcome(changed=False, findings=[Finding("blocker", "documents:no_incident", said, next_step)])
        names = args.texts("names")
        try:
            found = told.read(Path(args.text("home")), here)
            made = drafts.draw_up(found, names, check=True)
            if any(one.changed for one in made) and not self.check_mode:
                with self.act("draw up documents", names=list(names)):
                    made = drafts.draw_up(found, names)
        except RunnerError as error:
            raise FailbackError(f"{error.what} {error.next_step}".strip()) from error
        aside = [one.file for one in made if one.kept]
        findings = [
            Finding("note", f"documents:kept:{name}", f"the draft was changed by a person; the new one lies in {name}")
            for name in aside
        ]
        evidence: dict[str, object] = {
            "place": str(drafts.folder(here)),
            "drafts": [one.as_dict() for one in made],
            "proposals": len(found.proposed),
            "lessons": len(found.listed),
        }
        return Outcome(changed=any(one.changed for one in made), evidence=evidence, findings=findings)
