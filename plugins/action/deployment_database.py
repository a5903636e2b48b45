"""Carry the database's strategy out. See plugins/modules/deployment_database.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.approval.mark import Destroys
from failback.deployment import plan as plans
from failback.deployment.base import DeploymentAction
from failback.deployment.database import carry, guard, restoring, work
from failback.deployment.database.model import CHANGES_DATA, CODE_ONLY
from failback.deployment.database.seams import gate_of, opener_of
from failback.deployment.migrations.settings import Settings
from failback.errors import FailbackError, RefusedError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.arguments import Arguments
    from failback.deployment.database.steps import Step


class ActionModule(DeploymentAction):
    """The strategies nothing and compatible touch nothing; a reversal and a restore are guarded and approved."""

    DESTROYS = Destroys("reverses")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "gate": {"type": "dict", "required": True},
        "choice": {"type": "dict", "required": True},
        "lock_timeout": {"type": "int", "default": 3},
        "statement_timeout": {"type": "float", "default": 3600.0},
    }
    _began = False
    _meant: Mapping[str, dict[str, Any]] = MappingProxyType({})  # the gate and the choice, as the task was given them

    def perform(self, args: Arguments) -> Outcome:
        """Carry it out. Raises RefusedError, FailbackError with ``touched`` in the evidence."""
        choice = args.mapping("choice")
        strategy = str(choice.get("strategy") or "refuse")
        if strategy not in CODE_ONLY | CHANGES_DATA:
            why = str((choice.get("why") or {}).get("en") or "no way back is open")
            raise RefusedError(f"the database is not changed ({strategy}): {why}", {"touched": False})
        settings = Settings.of_application(self.application())
        plan = carry.Plan(
            gate=gate_of(args.mapping("gate")),
            choice=choice,
            settings=settings,
            reversals=str((self.application().get("deployment_migrations") or {}).get("reversals") or ""),
            run=self.run_id,
        )
        if strategy in CODE_ONLY and settings.dialect != "mysql":
            return self._outcome(plan, changed=False, evidence={"touched": False})
        login = Login.from_dict(settings.login, "deployment_database")
        with Server.connect(login, name=settings.schema, read_timeout=60.0) as server:
            if strategy in CODE_ONLY:
                tidied = carry.tidy(server, settings.schema, self, check=self.check_mode)
                return self._outcome(plan, changed=tidied, evidence={"touched": False, "tidied": tidied})
            if strategy == "reversal":
                patience = work.Patience(lock=args.count("lock_timeout"), statement=args.number("statement_timeout"))
                done = carry.reverse(server, plan, self, check=self.check_mode, patience=patience, told=self._step)
                return self._outcome(plan, changed=done.changed, evidence=done.evidence)
            return self._restored(server, login, plan)

    def _restored(self, server: Server, login: Login, plan: carry.Plan) -> Outcome:
        standing = guard.server(server, plan.settings)
        restoring.refuse_followers(standing)
        now = carry.look(plan)
        if guard.fits(now) and not now.ahead and not restoring.under_way(server, plan.settings.schema):
            return self._outcome(plan, changed=False, evidence={"already": True, "touched": False})
        guard.same_gate(plan.gate, now)
        chosen = plan.choice.get("backup") or {}
        wanted = restoring.Wanted(*(str(chosen.get(name) or "") for name in ("name", "url", "digest")))
        opener = opener_of(self.application(), self._task_vars.get("hostvars") or {})
        with self._telling():
            evidence = restoring.restore(server, login, plan.gate, wanted, opener, self, check=self.check_mode)
            evidence |= {"server": standing.as_dict(), "touched": self._began}
            if not self.check_mode:
                after = carry.look(plan)
                evidence["after"] = {"verdict": after.verdict, "applied": after.applied}
                if not guard.fits(after):
                    raise FailbackError("the backup was restored, and the database still does not fit", evidence)
        return self._outcome(plan, changed=True, evidence=evidence)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say with every error whether anything was touched before it."""
        try:
            yield
        except FailbackError as error:
            error.evidence.setdefault("touched", self._began)
            raise

    @contextmanager
    def act(self, what: str, **fields: object) -> Iterator[dict[str, object]]:
        """Remember that something was touched; else as everywhere."""
        with super().act(what, **fields) as outcome:
            self._began = True
            yield outcome

    @contextmanager
    def _guarded(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Ask for approvals as the site asks for them of a release: where data is changed, or never."""
        asked = self.policy()
        self._meant = {name: dict(values.get(name) or {}) for name in ("gate", "choice")}
        strategy = str((values.get("choice") or {}).get("strategy"))
        if strategy not in CHANGES_DATA or asked is None or not asked.asks_of_deployment(changes_data=True):
            yield
            return
        with super()._guarded(values):
            yield

    def _guard_approval(self, what: str) -> None:
        """Refuse also what people signed for another application, or for another change of this database."""
        asked = bool(self._approved)
        super()._guard_approval(what)
        if asked or "approved" not in self._approved:
            return
        digest, known = self.signed()
        if problem := plans.unsigned(known, self.host, self._meant["gate"], self._meant["choice"]):
            self._approved = {}
            raise RefusedError(
                f"will not {what}: the plan {digest[:12]} that was signed does not cover this: {problem}. Freeze"
                " the plan again and have it signed"
            )

    def _step(self, number: int, step: Step) -> None:
        self.told(f"reversal of {step.migration}: step {number} is done")

    @staticmethod
    def _outcome(plan: carry.Plan, *, changed: bool, evidence: dict[str, Any]) -> Outcome:
        before = {"ahead": [one.name for one in plan.gate.ahead], "verdict": plan.gate.verdict}
        return Outcome(
            changed=changed,
            before=before,
            after=evidence.get("after", before),
            evidence={"strategy": plan.choice.get("strategy"), **evidence},
        )
