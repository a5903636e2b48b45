"""Move production to another deployment. See plugins/modules/deployment_switch.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.approval.mark import Destroys
from failback.deployment import request, serves
from failback.deployment.base import DeploymentAction, deployment_of
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.arguments import Arguments
    from failback.deployment.model import Deployment, Project
    from failback.deployment.provider import Provider


class ActionModule(DeploymentAction):
    """Never a rebuild, never back by itself. Success is that the request that ended is ours, and the target is live."""

    DESTROYS = Destroys("reverses")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "target": {"type": "dict", "required": True},
        "reason": {"type": "str", "default": ""},
    }
    _to = ""  # the deployment the task was given

    def perform(self, args: Arguments) -> Outcome:
        """Look, move, look again. Raises RefusedError where somebody else moved it, FailbackError where it failed."""
        chosen = args.mapping("target")
        target, kind = deployment_of(dict(chosen.get("to") or {})), str(chosen.get("kind") or "rollback")
        provider = self.provider()
        before = provider.project()
        evidence: dict[str, Any] = {"kind": kind, "from": before.live, "to": target.id, "beside": list(before.beside)}
        self._refuse_a_third(before, chosen, target)
        there = before.live == target.id and not before.beside and not before.moving
        if there or self.check_mode:
            return Outcome(not there, before.live, target.id, evidence | {"request": None, "seconds": 0.0})
        begun, since = time.monotonic(), datetime.now(UTC)
        moving = self.act("move production to another deployment", app=self.host, to=target.id, since=before.live)
        with moving as record, self._standing(provider, target, evidence):
            asked = provider.switch(target, kind, args.text("reason"), self.told)
            evidence |= {"request": asdict(asked), "seconds": round(time.monotonic() - begun, 2)}
            record |= {"request": asdict(asked)}
            if problem := request.problem(asked, target.id, kind, since):
                raise FailbackError(problem.en, evidence | {"told": {"en": problem.en, "ko": problem.ko}})
        return self._proven(provider, target, before, evidence)

    @staticmethod
    @contextmanager
    def _standing(provider: Provider, target: Deployment, evidence: dict[str, Any]) -> Iterator[None]:
        """Say with every error what serves production after it: a message alone does not tell what was moved."""
        try:
            yield
        except FailbackError as error:
            try:
                after = provider.project()
            except FailbackError:
                live, beside, told = None, [], serves.UNKNOWN
            else:
                live, beside = after.live, list(after.beside)
                told = serves.told(live, beside, target.id)
            found = {**evidence, **error.evidence, "live": live, "beside": beside, "moved": live == target.id}
            said = serves.both(error, told)
            raise type(error)(said["en"], found | {"told": said}) from error

    @contextmanager
    def _guarded(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Ask for approvals where the site asks for them of every release; else the confirmed plan is enough."""
        asked = self.policy()
        self._to = str(dict((values.get("target") or {}).get("to") or {}).get("id") or "")
        if asked is None or not asked.asks_of_deployment(changes_data=False):
            yield
            return
        with super()._guarded(values):
            yield

    def _guard_approval(self, what: str) -> None:
        """Refuse also what people signed for another application, or for another deployment."""
        asked = bool(self._approved)
        super()._guard_approval(what)
        if asked or "approved" not in self._approved:
            return
        digest, known = self.signed()
        if (known.get("application"), known.get("to")) != (self.host, self._to):
            self._approved = {}
            raise RefusedError(
                f"will not {what}: the plan {digest[:12]} that was signed takes {known.get('application')} to"
                f" {known.get('to')}. Freeze the plan again and have it signed"
            )

    @staticmethod
    def _refuse_a_third(before: Project, chosen: dict[str, Any], target: Deployment) -> None:
        """Refuse when production stands where nobody who confirmed the plan saw it."""
        expected = {target.id, str(chosen.get("live") or ""), str(dict(chosen.get("from") or {}).get("id") or "")}
        if before.live not in expected:
            raise RefusedError(
                f"production moved to {before.live} since the plan was made: look again before anything is done"
            )

    @staticmethod
    def _proven(provider: Provider, target: Deployment, before: Project, evidence: dict[str, Any]) -> Outcome:
        after = provider.project()
        evidence["live"] = after.live
        if after.live != target.id:
            raise FailbackError(
                f"the request ended, but {after.live} serves production, not {target.id}: somebody else moved it;"
                " look again, then decide",
                evidence,
            )
        if after.beside:
            evidence["beside"] = list(after.beside)
            raise FailbackError(f"{', '.join(after.beside)} still serves production beside {target.id}", evidence)
        return Outcome(before.live != after.live, before.live, after.live, evidence)
