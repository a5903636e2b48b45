"""Read what name servers answer and how the front doors serve. See plugins/modules/situation_service.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from failback import http
from failback.action import FailbackAction, Outcome
from failback.dns.records import Record
from failback.situation import front, names
from failback.situation.patience import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Looks only: asks name servers without filling a cache, and doors for paths that change nothing."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "records": {"type": "list", "elements": "dict", "required": True},
        "authoritative": {"type": "list", "elements": "str", "default": []},
        "resolvers": {"type": "list", "elements": "str", "default": []},
        "doors": {"type": "list", "elements": "dict", "required": True},
        "health": {"type": "list", "elements": "dict", "default": []},
        "paths": {"type": "list", "elements": "str", "default": []},
        "whoami": {"type": "str", "default": ""},
        "rate": {"type": "float", "default": 10.0},
        "window": {"type": "float", "default": 2.0},
        "timeout": {"type": "float", "default": 3.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask everybody at the same time; silence is what was seen."""
        timeout, window = args.number("timeout"), args.number("window")
        records = [Record.from_dict(data, args.texts("authoritative")) for data in args.mappings("records")]
        doors = [http.Door.from_dict(data) for data in args.mappings("doors")]
        paths = args.texts("paths") or [str(check["path"]) for check in args.mappings("health")] or ["/"]
        looks: dict[str, Callable[[], Any]] = {}
        for record in records:
            looks[f"name {record.name} {record.type}"] = partial(names.ask, record, args.texts("resolvers"), timeout)
        for door in doors:
            looks[f"pace {door.name}"] = partial(
                front.sample, door, paths, rate=args.number("rate"), seconds=window, timeout=timeout
            )
            looks[f"health {door.name}"] = partial(
                front.health, door, args.mappings("health"), args.text("whoami"), timeout
            )
        found = within(window + 2 * timeout + 2.0, looks)
        evidence: dict[str, object] = {
            "names": [
                seen.answer or {"name": key.split()[1], "answers": [], "error": seen.error}
                for key, seen in found.items()
                if key.startswith("name ")
            ],
            "doors": {
                door.name: {
                    "url": door.url,
                    "asked_rate": args.number("rate"),
                    "figures": found[f"pace {door.name}"].answer,
                    "error": found[f"pace {door.name}"].error,
                    **(found[f"health {door.name}"].answer or {"checks": [], "server_uuid": ""}),
                }
                for door in doors
            },
        }
        return Outcome(changed=False, evidence=evidence)
