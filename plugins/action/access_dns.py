"""Find out whether the DNS key may change the names. Documentation: plugins/modules/access_dns.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.access import dns_look
from failback.action import Arguments, FailbackAction, Outcome


class ActionModule(FailbackAction):
    """Each name is tried by a signed update that takes away a value it does not have."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "records": {"type": "list", "elements": "dict", "required": True},
        "servers": {"type": "dict", "required": True},
        "authoritative": {"type": "list", "elements": "str", "default": []},
        "timeout": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look. Only an unusable key file or record is an error."""
        seen, findings = dns_look.look(
            args.mappings("records"), args.mapping("servers"), args.texts("authoritative"), args.number("timeout")
        )
        facts: dict[str, object] = {"names": seen, "lacks": [one.key for one in findings]}
        self.keep("permissions.dns", facts)
        return Outcome(changed=False, after={"complete": not findings}, evidence=facts, findings=findings)
