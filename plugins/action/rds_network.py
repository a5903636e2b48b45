"""Close the network way to RDS except for the kept sources. Documentation: plugins/modules/rds_network.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import aws, rds_closing
from failback.action import Arguments, FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import ConfigError, FailbackError

if TYPE_CHECKING:
    from failback.rds_closing import Seen


class ActionModule(FailbackAction):
    """Rules before and after are the evidence; that they work is proven by mysql_probe, from outside."""

    DESTROYS = Destroys("closes", {"state": ("closed",)})
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **aws.ARGUMENTS,
        "state": {"type": "str", "choices": ["closed", "verified", "open"], "required": True},
        "kind": {"type": "str", "choices": ["security_group", "network_acl"], "required": True},
        "ids": {"type": "list", "elements": "str", "required": True},
        "keep_sources": {"type": "list", "elements": "str", "required": True},
        "port": {"type": "int", "default": 3306},
        "silence": {"type": "str", "choices": ["fail", "tell"], "default": "fail"},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read, plan, change, read again."""
        kind, ids = args.text("kind"), args.texts("ids")
        rds_closing.check_ids(kind, ids)
        if not args.texts("keep_sources"):
            raise ConfigError("aws_keep_sources is empty: the tool and the IDC replica would be cut off themselves")
        try:
            client = aws.Account.from_arguments({name: args.text(name) for name in aws.ARGUMENTS}).client("ec2")
            return self._change(client, kind, ids, args)
        except aws.AwsUnreachableError as error:
            if args.text("silence") == "tell":
                return Outcome(
                    changed=False, evidence=error.evidence, msg=f"{error}. The fence by SQL does not need it"
                )
            raise FailbackError(
                f"{error}. RDS stays closed by its locked accounts; run the phase again when the API answers, to close"
                " the network too",
                error.evidence,
            ) from error

    def _change(self, client: Any, kind: str, ids: list[str], args: Arguments) -> Outcome:
        closed, port, keep = args.text("state") != "open", args.count("port"), args.texts("keep_sources")
        groups = kind == "security_group"
        read = rds_closing.read_groups if groups else rds_closing.read_acls
        seen = read(client, ids)
        before = [one.as_evidence() for one in seen]
        steps: list[tuple[Seen, Any]] = [
            (one, (rds_closing.group_plan if groups else rds_closing.acl_plan)(one, port, keep, closed=closed))
            for one in seen
        ]
        todo = [(one, plan) for one, plan in steps if (plan.changed if groups else plan)]
        evidence: dict[str, object] = {"plan": {one.id: _told(plan) for one, plan in todo}, "kept": keep}
        if args.text("state") == "verified":
            if todo and not self.check_mode:  # a rehearsal has closed nothing
                names = ", ".join(one.id for one, _ in todo)
                raise FailbackError(
                    f"the {kind} {names} lets others in again: run the phase again to close it", evidence
                )
            return Outcome(changed=False, before=before, after=before, evidence=evidence)
        if self.check_mode or not todo:
            return Outcome(bool(todo), before, before, evidence)
        for one, plan in todo:
            with self.act(f"{args.text('state')}: change the {kind}", id=one.id, before=one.as_evidence()):
                if groups:
                    rds_closing.change_group(client, one, plan, closed=closed)
                else:
                    rds_closing.change_acl(client, one, plan, port, closed=closed)
        after = read(client, ids)
        left = [
            one.id
            for one in after
            if (
                rds_closing.group_plan(one, port, keep, closed=closed).changed
                if groups
                else rds_closing.acl_plan(one, port, keep, closed=closed)
            )
        ]
        evidence["undo"] = f"{'open' if closed else 'close'} again with state: {'open' if closed else 'closed'}"
        if left:
            raise FailbackError(
                f"the {kind} {', '.join(left)} is not as it was set: look for who else changes it", evidence
            )
        return Outcome(changed=True, before=before, after=[one.as_evidence() for one in after], evidence=evidence)


def _told(plan: Any) -> dict[str, list[str]]:
    if isinstance(plan, list):
        return {"entries": [f"{entry.number} {entry.action} {entry.cidr}" for entry in plan]}
    return {"out": [str(rule) for rule in plan.revoke], "in": [str(rule) for rule in plan.authorize]}
