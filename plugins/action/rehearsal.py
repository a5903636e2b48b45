"""Rehearse the way through before anybody signs it. Documentation: plugins/modules/rehearsal.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import project, rehearsed
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Starts Ansible as a process of its own, which only reads; the same in a rehearsal."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "of": {"type": "str", "required": True, "choices": ["syntax", "run"]},
        "inventory": {"type": "str", "required": True},
        "strategy": {"type": "str", "required": True},
        "playbooks": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 900.0},
        "accept_loss": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Check the syntax of every playbook, or play every leg in check mode. Raises ConfigError for bad input."""
        strategy, inventory = args.text("strategy"), Path(args.text("inventory"))
        if not inventory.exists():
            raise ConfigError(f"there is no inventory at {inventory}")
        if args.number("timeout") <= 0:
            raise ConfigError("rehearsal_timeout must be more than 0 seconds")
        top = project.root()
        if args.text("of") == "syntax":
            playbooks = args.mapping("playbooks").get(strategy)
            if not playbooks:
                known = ", ".join(sorted(args.mapping("playbooks"))) or "none"
                raise ConfigError(f"no playbooks are named for the strategy {strategy!r}; known: {known}")
            found, evidence = rehearsed.syntax(
                top, inventory, [str(name) for name in playbooks], args.number("timeout")
            )
        elif os.environ.get("RR_REHEARSAL"):
            # A rehearsal of the phase approve would rehearse itself without end.
            return Outcome(changed=False, evidence={"skipped": "this is a rehearsal already"})
        else:
            found, evidence = rehearsed.run(top, inventory, strategy, args.number("timeout"), args.text("accept_loss"))
        return Outcome(changed=False, evidence=evidence, findings=found)
