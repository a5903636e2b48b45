"""Compare the front doors' latency, throughput and errors with the baseline. See plugins/modules/latency_probe.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import http
from failback.action import Outcome
from failback.baseline import store
from failback.environment.host import HostAction
from failback.errors import ConfigError, FailbackError
from failback.journeys import latency, pace

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(HostAction):
    """Asks each door at a fixed pace for a bounded time; only paths that look."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "doors": {"type": "list", "elements": "dict", "required": True},
        "paths": {"type": "list", "elements": "str", "required": True},
        "baseline_directory": {"type": "str", "default": ""},
        "tolerance": {"type": "dict", "default": {}},
        "rate": {"type": "float", "default": 20.0},
        "seconds": {"type": "float", "default": 5.0},
        "timeout": {"type": "float", "default": 5.0},
        "times": {"type": "int", "default": 2},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Measure. A door out of its range is measured again before it counts. Raises FailbackError."""
        doors = [http.Door.from_dict(data) for data in args.mappings("doors")]
        if not doors or not args.texts("paths") or args.number("rate") <= 0 or args.number("seconds") <= 0:
            raise ConfigError("give at least one front door and one path, and a rate and seconds above 0")
        tolerance = latency.Tolerance.from_dict(args.mapping("tolerance"))
        known = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        recorded: dict[str, Any] = (known or {}).get("latency") or {}
        evidence: dict[str, Any] = {"rate": args.number("rate"), "seconds": args.number("seconds"), "doors": {}}
        problems: list[str] = []
        for door in doors:
            then = recorded.get(door.name)
            seen, wrong, looks = self._measure(args, door, then, tolerance)
            evidence["doors"][door.name] = {"now": seen, "baseline": then, "looks": looks}
            problems += [f"{door.name}: {one}" for one in wrong]
        evidence |= {"problems": problems, "tolerance": vars(tolerance)}
        if problems and not self.check_mode:
            raise FailbackError(f"out of the normal range: {'; '.join(problems)}", evidence)
        if not all(door.name in recorded for door in doors) and not (tolerance.most_seconds and tolerance.most_errors):
            self.baseline(args, "latency of every door")  # raises: nothing says what is normal
        return Outcome(changed=False, before=recorded or None, after=evidence["doors"], evidence=evidence)

    @staticmethod
    def _measure(
        args: Arguments, door: http.Door, then: dict[str, Any] | None, tolerance: latency.Tolerance
    ) -> tuple[dict[str, Any], list[str], int]:
        looks = 0
        while True:
            looks += 1
            samples = pace.ask(
                door,
                args.texts("paths"),
                rate=args.number("rate"),
                seconds=args.number("seconds"),
                timeout=args.number("timeout"),
            )
            seen = latency.figures([one for part in samples.values() for one in part])
            seen["paths"] = {path: latency.figures(part)["p95"] for path, part in samples.items()}
            wrong = latency.judge(seen, then, tolerance)
            if not wrong or looks >= args.count("times"):
                return seen, wrong, looks
