"""Point records at one side, by compare-and-swap. Documentation: plugins/modules/dns_record.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.dns import answers, rfc2136, route53
from failback.dns.records import Record, RecordPlan, plan_record
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError


class ActionModule(FailbackAction):
    """Reads each record at the place where it is changed, plans, changes, reads again. A bad record stops no other."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "records": {"type": "list", "elements": "dict", "required": True},
        "servers": {"type": "dict", "required": True},
        "authoritative": {"type": "list", "elements": "str", "default": []},
        "side": {"type": "str", "choices": ["idc", "aws"], "required": True},
        "timeout": {"type": "float", "default": 5.0},
        "sync_timeout": {"type": "float", "default": 90.0},
        "probe": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Change every record that does not lead to the wanted side yet."""
        records = [Record.from_dict(data, args.texts("authoritative")) for data in args.mappings("records")]
        before: dict[str, list[str]] = {}
        after: dict[str, list[str]] = {}
        evidence: dict[str, Any] = {}
        errors: list[FailbackError] = []
        changed = False
        for record in records:
            try:
                plan, seen = self._one(args, record)
            except UnreachableError as error:
                # The nodes of both sides will send to IDC: a silent DNS server is a loss, not a reason to stay.
                if not args.flag("probe"):
                    errors.append(error)
                evidence[record.name] = {"warning": str(error), **error.evidence}
                continue
            except FailbackError as error:
                errors.append(error)
                evidence[record.name] = {"error": str(error), **error.evidence}
                continue
            before[record.name], after[record.name] = list(plan.old), [plan.new]
            evidence[record.name] = seen
            changed = changed or (plan.changed and not args.flag("probe"))
        if errors:
            raise _joined(errors, evidence)
        return Outcome(changed, before, after, evidence)

    def _one(self, args: Arguments, record: Record) -> tuple[RecordPlan, dict[str, Any]]:
        provider = _PROVIDERS.get(record.provider)
        if provider is None:
            raise ConfigError(f"{record.name}: unknown DNS provider {record.provider}; known: {', '.join(_PROVIDERS)}")
        return provider(self, args, record)

    def _rfc2136(self, args: Arguments, record: Record) -> tuple[RecordPlan, dict[str, Any]]:
        server = rfc2136.Server.from_dict(_settings(args, "rfc2136"))
        timeout = args.number("timeout")
        present = _ask_primary(server, record, timeout)
        plan = plan_record(record, present.values, args.text("side"))
        seen: dict[str, Any] = {"provider": "rfc2136", "server": server.asked_as, "ttl_before": present.ttl}
        if args.flag("probe"):
            rfc2136.probe(server, record.name, record.type, present=plan.old, timeout=timeout)
            seen["key_accepted"] = True
        if not plan.changed or self.check_mode or args.flag("probe"):
            return plan, seen
        change = rfc2136.Change(record.name, record.type, plan.old, plan.new, record.ttl)
        with self.act("change a DNS record", name=record.name, old=list(plan.old), new=plan.new):
            rfc2136.replace(server, change, timeout=timeout)
        again = _ask_primary(server, record, timeout)
        _check_taken(record, plan, again.values, server.asked_as)
        return plan, seen | {"ttl": again.ttl, "changed_at": time.time(), "worst_stale_seconds": present.ttl}

    def _route53(self, args: Arguments, record: Record) -> tuple[RecordPlan, dict[str, Any]]:
        api = route53.Route53(route53.Zone.from_dict(_settings(args, "route53")), args.number("timeout"))
        present = api.read(record.name, record.type)
        plan = plan_record(record, present.values if present else (), args.text("side"))
        seen: dict[str, Any] = {"provider": "route53", "zone_id": api.zone.zone_id}
        seen["ttl_before"] = present.ttl if present else 0
        if present is None or not plan.changed or self.check_mode or args.flag("probe"):
            return plan, seen
        new = route53.RecordSet((plan.new,), record.ttl)
        with self.act("change a DNS record", name=record.name, old=list(plan.old), new=plan.new) as outcome:
            change = api.replace(record.name, record.type, old=present, new=new, run=self.run_id)
            outcome["change"] = change
        changed_at = time.time()
        seen["in_sync_after"] = api.wait_in_sync(change, args.number("sync_timeout"))
        again = api.read(record.name, record.type)
        _check_taken(record, plan, again.values if again else (), "Route 53")
        return plan, seen | {"ttl": record.ttl, "changed_at": changed_at, "worst_stale_seconds": present.ttl}


_PROVIDERS = {"rfc2136": ActionModule._rfc2136, "route53": ActionModule._route53}  # noqa: SLF001 - this file's own


def _settings(args: Arguments, provider: str) -> dict[str, Any]:
    found = args.mapping("servers").get(provider)
    if not isinstance(found, dict):
        raise ConfigError(f"dns_servers has no entry {provider}: add it to the inventory")
    return found


def _ask_primary(server: rfc2136.Server, record: Record, timeout: float) -> answers.Answer:
    answer = answers.ask(server.asked_as, answers.Question(record.name, record.type, timeout, must_own=True))
    if answer.error:
        raise UnreachableError(
            f"{record.name}: {server.asked_as} {answer.error}; the record was not changed by this task",
            {"answer": answer.as_evidence()},
        )
    return answer


def _check_taken(record: Record, plan: RecordPlan, values: tuple[str, ...], where: str) -> None:
    if values != (plan.new,):
        raise FailbackError(
            f"{where} accepted the change of {record.name} and still has {', '.join(values) or 'nothing'}: somebody"
            " changed it again, or the server does not keep updates"
        )


def _joined(errors: list[FailbackError], evidence: dict[str, Any]) -> FailbackError:
    """One error for all, refused only if every one of them is."""
    kind = RefusedError if all(error.refused for error in errors) else FailbackError
    return kind(". ".join(str(error) for error in errors), evidence)
