"""Compare IDC with RDS, or with a manifest, down to the row. See plugins/modules/mysql_compare.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import os
from typing import TYPE_CHECKING, Any, ClassVar

from failback import progress
from failback.action import FailbackAction, Outcome
from failback.binlog.changes import changed_keys
from failback.both import both, connected
from failback.compare import manifest_run, signature
from failback.compare.definition_diff import definition_differences
from failback.compare.definitions import read_definitions
from failback.compare.manifest import Manifest
from failback.compare.options import Options
from failback.compare.progress import Progress
from failback.compare.run import compare
from failback.compare.tables import read_tables
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from failback.arguments import Arguments
    from failback.compare.explain import RowChange
    from failback.compare.model import Comparison

_SHOWN = 3  # differences in the message; all that are named are in the evidence
_NEXT = (
    "Nothing was changed. Look at the rows named; what RDS has lies there untouched, and role quarantine shows what it"
    " wrote"
)


class ActionModule(FailbackAction):
    """Read-only on both servers: it can only pass or stop."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "default": {}},
        "manifest": {"type": "str", "default": ""},
        "allowed_signers": {"type": "str", "default": ""},
        "record": {"type": "str", "default": ""},
        "sign_key": {"type": "str", "default": ""},
        "renew": {"type": "bool", "default": True},
        "final": {"type": "str", "default": ""},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "tables": {"type": "list", "elements": "str", "default": []},
        "mode": {"type": "str", "default": "auto", "choices": ["auto", "strict", "explained"]},
        "workers": {"type": "int", "default": 2},
        "chunk_rows": {"type": "int", "default": 50_000},
        "named": {"type": "int", "default": 20},
        "max_running": {"type": "int", "default": 0},
        "timeout": {"type": "float", "default": 900.0},
        "budget": {"type": "float", "default": 0.0},
        "accept_loss": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Record a manifest, compare with one, or compare both servers. Raises failback.errors."""
        idc = Login.from_dict(args.mapping("idc"), "db_idc")
        if args.text("record"):
            return self._record(idc, args)
        if args.text("manifest"):
            return self._judged(self._with_manifest(idc, args))
        if not args.mapping("aws") or not args.texts("schemas"):
            raise ConfigError("mysql_compare needs aws and schemas, or a manifest")
        aws = Login.from_dict(args.mapping("aws"), "db_aws")
        try:
            return self._survey(idc, aws, args) if self.check_mode else self._both(idc, aws, args)
        except UnreachableError as error:
            if not args.text("accept_loss") or not str(error).startswith("RDS"):
                raise
            why = "RDS does not answer and its loss was accepted: there is nothing to compare with"
            return Outcome(changed=False, evidence={"compared": False, "why": why, "rds": str(error)})

    def _both(self, idc: Login, aws: Login, args: Arguments) -> Outcome:
        mode = args.text("mode")
        if mode == "auto":
            with Server.connect(idc, name="IDC") as server:
                mode = "strict" if server.number("SELECT @@GLOBAL.read_only") else "explained"
        final = args.text("final")
        if not final and not args.text("accept_loss"):
            raise ConfigError("there is no FINAL position: RDS must be fenced first")
        schemas = args.texts("schemas")

        def changes(since: str, until: str) -> Iterable[RowChange]:
            return changed_keys(idc, since, until, schemas, name="IDC")

        explained = mode == "explained"
        options = self._options(args, mode="explained" if explained else "strict", changes=changes, final=final)
        return self._judged(compare(idc, aws, schemas, options, self._progress(args)), mode)

    def _survey(self, idc: Login, aws: Login, args: Arguments) -> Outcome:
        """Rehearse: definitions and sizes only, since production is not read in full for a rehearsal."""
        schemas = args.texts("schemas")
        with connected(idc, aws) as sides:
            left, right = both(lambda: read_definitions(sides[0], schemas), lambda: read_definitions(sides[1], schemas))
            tables = read_tables(sides[1], schemas)
        found = [entry.text for entry in definition_differences(left, right) if entry.serious]
        evidence: dict[str, object] = {
            "compared": False,
            "why": "a rehearsal looks at definitions and sizes only",
            "tables": len(tables),
            "rows_estimate": sum(table.rows_estimate for table in tables.values()),
            "without_a_key": [label for label, table in tables.items() if not table.key],
            "definitions": found,
        }
        return Outcome(changed=False, after={"equal": not found}, evidence=evidence)

    def _with_manifest(self, idc: Login, args: Arguments) -> Comparison:
        path = Path(args.text("manifest")).expanduser()
        signers = args.text("allowed_signers")
        if signers:
            signature.verify(path, Path(signers).expanduser())
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read the manifest {path}: {error}") from error
        manifest = Manifest.from_json(text, str(path))
        return manifest_run.check(idc, manifest, self._options(args), self._progress(args))

    def _record(self, idc: Login, args: Arguments) -> Outcome:
        """Write a manifest of IDC; the file is replaced as a whole, or not at all."""
        path = Path(args.text("record")).expanduser()
        if not args.texts("schemas"):
            raise ConfigError("to record a manifest mysql_compare needs schemas")
        if path.exists() and not args.flag("renew"):
            return Outcome(changed=False, before=str(path), after=str(path), evidence={"kept": True})
        if self.check_mode:
            return Outcome(changed=True, before=path.exists(), after=str(path), evidence={"recorded": False})
        manifest = manifest_run.build(idc, args.texts("schemas"), self._options(args), self._progress(args), "IDC")
        with self.act("record a manifest", path=str(path)) as outcome:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                beside = path.with_name(f".{path.name}.new")
                beside.write_text(manifest.to_json(), encoding="utf-8")
                signature.signature_of(path).unlink(missing_ok=True)  # it would be of the old content
                beside.replace(path)
            except OSError as error:
                raise FailbackError(f"cannot write the manifest {path}: {error.strerror}") from error
            if args.text("sign_key"):
                signature.sign(path, Path(args.text("sign_key")).expanduser())
            outcome["rows"] = manifest.rows
        evidence: dict[str, object] = {
            "tables": len(manifest.tables),
            "rows": manifest.rows,
            "position": manifest.position,
            "signed": bool(args.text("sign_key")),
        }
        return Outcome(changed=True, after=str(path), evidence=evidence)

    def _judged(self, found: Comparison, mode: str = "manifest") -> Outcome:
        evidence = {**found.as_evidence(), "mode": mode, "compared": True}
        if found.equal:
            return Outcome(changed=False, after={"equal": True}, evidence=evidence)
        problems = found.problems() or ["not every table could be compared"]
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise RefusedError(
            f"IDC is not what {found.against} is: {'; '.join(problems[:_SHOWN])}{more}. {_NEXT}", evidence
        )

    def _options(self, args: Arguments, **more: Any) -> Options:
        tables = args.texts("tables")
        directory = os.environ.get("RR_RUN_DIR", "")
        keep = bool(directory) and not self.check_mode
        return Options(
            workers=args.count("workers"),
            chunk_rows=args.count("chunk_rows"),
            named=args.count("named"),
            max_running=args.count("max_running"),
            timeout=args.number("timeout"),
            tables=frozenset(tables) if tables else None,
            ledger=Path(directory) / "compare" / f"{self.host}.jsonl" if keep else None,
            **more,
        )

    def _progress(self, args: Arguments) -> Progress:
        file = None if self.check_mode else progress.of_environment(self.host)
        return Progress(budget=args.number("budget"), file=file)
