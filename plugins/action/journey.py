"""Walk the site's journeys through its front doors. See plugins/modules/journey.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from failback import http
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError
from failback.journeys import model, runner
from failback.journeys.client import Request, send

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.journeys.client import Answer
    from failback.journeys.model import Journey
    from failback.journeys.runner import JourneyResult


class ActionModule(FailbackAction):
    """As a user, through each door. A rehearsal walks what only looks and names the rest."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "directory": {"type": "str", "required": True},
        "proves": {"type": "str", "choices": list(model.PROVES), "required": True},
        "doors": {"type": "list", "elements": "dict", "required": True},
        "home": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 10.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Walk all journeys of the item; fail with every problem. Raises ConfigError before anything is asked."""
        doors = [http.Door.from_dict(data) for data in args.mappings("doors")]
        scenarios = model.read(args.text("directory"))
        wanted = [one for one in scenarios.journeys if one.proves == args.text("proves")]
        if not doors or not wanted:
            lacks = "service_front_doors is empty" if not doors else f"no journey proves {args.text('proves')}"
            raise ConfigError(f"{lacks}: name at least one, see docs/inventory.md ({args.text('directory')})")
        walked = [one for one in wanted if one.safe or not self.check_mode]
        ways = [(one, door) for one in walked for door in (doors if one.doors == "all" else doors[:1])]
        if any(not one.safe for one, _ in ways):
            names = sorted({one.name for one, _ in ways})
            with self.act("walk journeys that write, and clean up behind them", journeys=names) as record:
                results = self._walk(args, ways)
                record["problems"] = len(runner.sentences(results))
        else:
            results = self._walk(args, ways)
        problems = runner.sentences(results)
        evidence: dict[str, object] = {"journeys": [result.as_evidence() for result in results], "problems": problems}
        evidence |= {"files": list(scenarios.files), "rehearsal_left_out": [j.name for j in wanted if j not in walked]}
        if problems and not self.check_mode:
            raise FailbackError("; ".join(problems), evidence)
        return Outcome(changed=False, evidence=evidence)

    def _walk(self, args: Arguments, ways: list[tuple[Journey, http.Door]]) -> list[JourneyResult]:
        timeout, home = args.number("timeout"), args.text("home")

        def one(way: tuple[Journey, http.Door]) -> JourneyResult:
            journey, door = way

            def ask(request: Request) -> Answer:
                return send(door, request, timeout=timeout)

            return runner.walk(journey, door.name, ask, home)

        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(one, ways))
