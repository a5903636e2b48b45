"""Find out what the AWS credentials may do, without doing it. Documentation: plugins/modules/access_aws.py."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import aws
from failback.access import apis, aws_look, iam
from failback.access.aws_needs import SIMULATE
from failback.access.iam import Decision
from failback.access.site import Site
from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.findings import Severity


class ActionModule(FailbackAction):
    """Asks IAM; where it may not, tries what EC2 can be asked to try, and reads. Nothing is changed either way."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "part": {"type": "str", "choices": ["fence", "names"], "required": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look. A silent API and a missing permission are findings; only unusable credentials files are errors."""
        site, names = Site.of_task(self._task_vars), args.text("part") == "names"
        used = apis.services(site, self.host)
        if not used or (names and "route53" not in used):
            return Outcome(changed=False, evidence={"why": "nothing of this site is changed by the AWS API"})
        account = apis.account(site, self.host, "route53" if names else "rds")

        @cache
        def client(service: str) -> Any:
            return account.client(service)

        try:
            with aws.answering("tell who asks"):
                return self._look(site, client)
        except aws.AwsUnreachableError as error:
            return Outcome(changed=False, findings=[*self._acl(site), self._silent(site, str(error), names=names)])
        except aws_look.BadKeyError as error:
            profile = account.profile or "default"
            step = f"put a valid key of the profile {profile} into {account.credentials_file or 'the environment'}"
            return Outcome(changed=False, findings=[Finding("blocker", "iam:credentials", str(error), step)])

    def _look(self, site: Site, client: Callable[[str], Any]) -> Outcome:
        arn, number = aws_look.caller(client)
        wanted = iam.calls(site, self.host, number)
        found = aws_look.simulate(client, arn, wanted)
        simulated = found is not None
        decided: dict[iam.Call, Decision] = found if found is not None else aws_look.try_out(client, wanted)
        decided |= aws_look.read(client, wanted)
        pairs = [(call, decided.get(call, Decision(allowed=None))) for call in wanted]
        findings = [*self._acl(site), *iam.findings(iam.principal_of(arn), pairs)]
        if not simulated and not any(decision.allowed is None for _, decision in pairs):
            step = SIMULATE.grant.format(action=SIMULATE.action, arn=iam.principal_of(arn))
            told = f"{arn} may not simulate policies: its permissions were found out by dry runs and by reading"
            findings.append(Finding("note", SIMULATE.key, told, f"add to its policy: {step}"))
        facts: dict[str, object] = {
            "caller": arn,
            "how": "simulated" if simulated else "dry runs and reading",
            "actions": {f"{call.need.action} {call.arn}": decision.allowed for call, decision in pairs},
            "least_policy": iam.policy(wanted),
        }
        self.keep("permissions.aws", facts)
        return Outcome(changed=False, after={"complete": not findings}, evidence=facts, findings=findings)

    def _acl(self, site: Site) -> list[Finding]:
        found = iam.without_acl(site, self.host) if "databases" in site.groups_of(self.host) else None
        return [found] if found else []

    def _silent(self, site: Site, said: str, *, names: bool) -> Finding:
        required = {"read_only", "network"} & set(site.get(self.host, "db_fence_required", []))
        severity: Severity = "blocker" if names or required or site.accepts_loss(self.host) else "warning"
        without = "" if severity == "blocker" else "; the fence by SQL does not need it"
        step = "open the way to the API (TECH-03), or wait until it answers, then look again"
        return Finding(severity, "iam:silent", f"what the AWS credentials may do is not known: {said}{without}", step)
