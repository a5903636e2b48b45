"""Call every operation of the service's OpenAPI document through a front door. See plugins/modules/openapi_check.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import http
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError
from failback.journeys.api_check import Caller, Plan
from failback.journeys.client import Request, send
from failback.journeys.openapi import Document
from failback.journeys.values import Values

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.journeys.api_check import CallResult
    from failback.journeys.client import Answer


class ActionModule(FailbackAction):
    """What only looks is always called; what writes only with the site's values and clean-up."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "doors": {"type": "list", "elements": "dict", "required": True},
        "openapi": {"type": "dict", "required": True},
        "home": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 10.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Call all operations through the first door; fail with every deviation."""
        doors = [http.Door.from_dict(data) for data in args.mappings("doors")]
        settings = args.mapping("openapi")
        if not doors or not settings:
            raise ConfigError("openapi_check needs a front door and service_openapi")
        plan = Plan.from_dict(settings)

        def ask(request: Request) -> Answer:
            return send(doors[0], request, timeout=args.number("timeout"))

        document = self._document(args, settings, ask)
        values = Values(dict(settings.get("variables") or {}), args.text("home"))
        caller = Caller(document, plan, values, ask)
        if plan.before and not self.check_mode:
            names = [call.operation for call in (*plan.before, *plan.clean_up)]
            with self.act("call the operations that write, and clean up behind them", operations=names):
                results = caller.run()
        else:
            results = caller.run(only_safe=self.check_mode)
        return self._told(results, document)

    def _told(self, results: list[CallResult], document: Document) -> Outcome:
        problems = [f"{one.name}: {problem}" for one in results for problem in one.problems]
        called = [one for one in results if not one.skipped]
        evidence: dict[str, object] = {"document": document.where, "operations": [one.as_evidence() for one in results]}
        evidence |= {"called": len(called), "skipped": len(results) - len(called), "problems": problems}
        if problems and not self.check_mode:
            raise FailbackError("; ".join(problems), evidence)
        return Outcome(changed=False, evidence=evidence)

    @staticmethod
    def _document(args: Arguments, settings: dict[str, Any], ask: Any) -> Document:
        if settings.get("file"):
            path = Path(args.text("home"), str(settings["file"])).expanduser()
            try:
                return Document(path.read_text(encoding="utf-8"), str(path))
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"service_openapi.file: {path} cannot be read: {error}") from error
        place = str(settings.get("path") or "")
        if not place.startswith("/"):
            raise ConfigError("service_openapi needs path (on the service, begins with /) or file")
        answer = ask(Request("GET", place))
        if answer.error or answer.status != 200:  # noqa: PLR2004 - HTTP
            raise FailbackError(f"the OpenAPI document {place} is not there: {answer.error or answer.status}")
        return Document(answer.text, place)
