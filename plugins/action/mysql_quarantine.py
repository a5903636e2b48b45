"""Keep what RDS changed apart from IDC, and apply what a person approved. See plugins/modules/mysql_quarantine.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import json
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.quarantine import approval as approvals
from failback.quarantine import collect, kept, records, shape, store, story
from failback.quarantine.judge import Judge
from failback.quarantine.present import Rows
from failback.timing import Timings

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.binlog.transactions import Statement

FACTS = ("cutover", "final", "run", "server_uuid")


class ActionModule(FailbackAction):
    """state=collected fetches and judges; state=applied applies what the approval names."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "state": {"type": "str", "choices": ["collected", "found", "applied"], "default": "collected"},
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict"},
        "directory": {"type": "str", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "cutover_gtid": {"type": "str", "default": ""},
        "final": {"type": "str", "default": ""},
        "approval": {"type": "str", "default": ""},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_if": [("state", "collected", ("aws", "cutover_gtid"))]}

    def perform(self, args: Arguments) -> Outcome:
        """Dispatch on the state."""
        folder = Path(args.text("directory")).expanduser()
        if args.text("state") == "found":
            whole = kept.claimed(folder)
            evidence: dict[str, object] = {"directory": str(folder), "transactions": whole.count()}
            return Outcome(changed=False, before=str(whole), after=str(whole), evidence=evidence)
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        with Server.connect(login, name="IDC", read_timeout=60.0) as idc:
            if args.text("state") == "applied":
                return self._applied(idc, folder, args)
            return self._collected(idc, folder, args)

    def _collected(self, idc: Server, folder: Path, args: Arguments) -> Outcome:
        timings = Timings()
        cutover, final = GtidSet.parse(args.text("cutover_gtid")), GtidSet.parse(args.text("final"))
        if not final and not self.check_mode:
            raise ConfigError("there is no FINAL position: RDS must be fenced first")
        before = _index(folder)
        complete = self._complete(folder, before, cutover, final)
        evidence: dict[str, object] = {"directory": str(folder)}
        if not complete:
            aws = Login.from_dict(args.mapping("aws"), "db_aws")
            with timings.step("fetch"), Server.connect(aws, name="RDS") as rds:
                final = final or GtidSet.parse(rds.text("SELECT @@GLOBAL.gtid_executed"))
                logs = collect.choose(aws, collect.listed(rds), cutover, final)
                evidence["files"] = [item.name for item in logs]
                if self.check_mode:
                    evidence["bytes"] = sum(item.size for item in logs)
                    return Outcome(
                        changed=True, before=before, after={"would_fetch": evidence["files"]}, evidence=evidence
                    )
                with self.act("fetch RDS's binary logs", files=evidence["files"]) as outcome:
                    files = collect.fetch(aws, logs, folder)
                    facts = dict(zip(FACTS, (str(cutover), str(final), self.run_id, aws.server_uuid), strict=True))
                    collect.write_index(folder, files, facts)
                    outcome["sha256"] = {str(item["name"]): item["sha256"] for item in files}
        with timings.step("verify"):
            found = collect.verify(folder, cutover, final)
        evidence |= {"files": [part.file.name for part in found.parts], "bytes": found.size}
        evidence["sha256"] = {part.file.name: part.sha256 for part in found.parts}
        if self.check_mode:
            return Outcome(changed=False, before=before, after=before, evidence=evidence)
        with timings.step("judge"):
            summary = self._judge(idc, folder, [part.file.name for part in found.parts], final - cutover, args)
        evidence |= summary
        evidence["seconds"] = timings.as_evidence()
        return Outcome(changed=not complete, before=before, after=_index(folder), evidence=evidence)

    @staticmethod
    def _complete(folder: Path, index: dict[str, object] | None, cutover: GtidSet, final: GtidSet) -> bool:
        """Whether an earlier run fetched all of it. Raises RefusedError for a directory that holds something else.

        RDS's heartbeat goes on behind the fence, so a later FINAL is fetched anew; what is there is part of it.
        """
        if index is None:
            return False
        there = GtidSet.parse(str(index.get("final") or ""))
        if str(index.get("cutover")) != str(cutover) or (final and there - final):
            raise RefusedError(
                f"{folder} holds the logs of another failback: set quarantine_directory to a directory of its own"
            )
        return not final - there

    def _judge(
        self, idc: Server, folder: Path, names: list[str], wanted: GtidSet, args: Arguments
    ) -> dict[str, object]:
        """Decode, judge against IDC as it is now, and write the files a person reads."""
        schemas = args.texts("schemas")
        shapes = shape.read(idc, schemas)
        judge = Judge(rows := Rows(idc), shapes, applied=store.applied(idc))
        tables: dict[str, records.Tally] = {}
        statements: list[Statement] = []
        count = 0
        with records.create(folder / records.CHANGES) as changes, records.create(folder / records.VERDICTS) as verdicts:
            for portion in story.windows(story.told(folder, names, wanted, schemas, statements.append)):
                rows.forget()
                rows.prefetch(shapes, portion)
                for transaction in portion:
                    count += 1
                    for place, item in enumerate(judge.judge(transaction)):
                        change = transaction.changes[place]
                        changes.write(records.change_line(change, place, shapes.get(change.table.label)))
                        verdicts.write(records.verdict_line(transaction, place, item))
                        tables.setdefault(change.table.label, records.Tally()).add(change.kind, item)
        with records.create(folder / records.STATEMENTS) as stream:
            stream.writelines(records.statement_line(item) for item in statements)
        digest = records.digest(folder / records.CHANGES)
        index = _index(folder) or {}
        summary: dict[str, object] = {
            **{key: index.get(key, "") for key in FACTS},
            "digest": digest,
            "transactions": count,
            "tables": {label: tally.facts for label, tally in sorted(tables.items())},
            "totals": _totals(tables),
            "statements": len(statements),
        }
        with records.create(folder / records.SUMMARY) as stream:
            stream.write(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
        with records.create(folder / records.TEXT) as stream:
            final = str(index.get("final", ""))
            stream.write(records.summary_text(tables, [item.text for item in statements], digest, final))
        return summary

    def _applied(self, idc: Server, folder: Path, args: Arguments) -> Outcome:
        timings = Timings()
        summary = _summary(folder)
        digest = records.digest(folder / records.CHANGES)
        if digest != summary["digest"]:
            raise RefusedError(f"{folder / records.CHANGES} was changed since it was written: collect anew")
        tables: dict[str, dict[str, Any]] = summary["tables"]
        approval = approvals.read(args.text("approval"), run=summary["run"], digest=digest, tables=tables)
        with timings.step("verify"):
            cutover, final = (GtidSet.parse(summary[key]) for key in ("cutover", "final"))
            found = collect.verify(folder, cutover, final)
        if not self.check_mode and idc.number("SELECT @@GLOBAL.super_read_only") == 1:
            raise RefusedError("IDC is closed for writes: approved changes are applied once it is open")
        names = [part.file.name for part in found.parts]
        before = store.applied(idc)
        insert_only = frozenset(label for label, item in tables.items() if item["insert_only"])
        evidence: dict[str, object] = {"approval": approval.facts, "directory": str(folder)}
        schemas = args.texts("schemas")
        shapes = shape.read(idc, schemas)
        told = story.told(folder, names, final - cutover, schemas, lambda _: None)
        outcome: dict[str, int] = {}
        if self.check_mode:
            rows = Rows(idc)
            judge = Judge(
                rows,
                shapes,
                chosen=lambda label: approval.takes(label, insert_only=label in insert_only),
                applied=before,
                cascades=approval.cascades,
            )
            for portion in story.windows(told):
                rows.forget()
                rows.prefetch(shapes, portion)
                for transaction in portion:
                    _add(outcome, store.count(judge.judge(transaction)))
            outcome["applied"] = outcome.pop("clean", 0)
        else:
            with timings.step("apply"), self.act("apply approved changes to IDC", **approval.facts) as record:
                store.prepare(idc)
                writer = store.Writer(idc, shapes, approval, insert_only, story.description(folder, names[0]))
                path = folder / f"outcomes-{self.run_id}.jsonl"
                with records.create(path) as stream:
                    for portion in story.windows(told):
                        for transaction in portion:
                            verdicts = writer.apply(transaction, before)
                            for place, item in enumerate(verdicts):
                                stream.write(records.verdict_line(transaction, place, item))
                            _add(outcome, store.count(verdicts))
                record.update(outcome)
                evidence["outcomes"] = str(path)
        states = {state: outcome.get(state, 0) for state in ("applied", "already", "conflict", "set aside")}
        total = sum(sum(item["changes"].values()) for item in tables.values())
        if sum(states.values()) != total:
            raise FailbackError(f"{total} rows were to be accounted for, {sum(states.values())} were", dict(states))
        evidence |= {"rows": total, **states, "seconds": timings.as_evidence()}
        done = {"already": len(before)}
        return Outcome(changed=states["applied"] > 0, before=done, after=dict(states), evidence=evidence)


def _index(folder: Path) -> dict[str, object] | None:
    try:
        found: dict[str, object] = json.loads((folder / collect.RAW / "index.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RefusedError(f"the index in {folder / collect.RAW} cannot be read: {error}") from error
    return found


def _summary(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / records.SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError(f"{folder} holds no change set ({error}): collect first") from error
    return found


def _totals(tables: dict[str, records.Tally]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for tally in tables.values():
        _add(totals, tally.states)
    return totals


def _add(into: dict[str, int], more: dict[str, int]) -> None:
    for key, number in more.items():
        into[key] = into.get(key, 0) + number
