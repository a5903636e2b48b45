"""Restore a backup into a scratch server and compare it. Documentation: plugins/modules/backup_prove.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import getpass
import os
import socket
from dataclasses import asdict

from failback.action import FailbackAction, Outcome
from failback.backup import forecast, proof
from failback.backup.place import BusyError, place_of
from failback.backup.prove import Order, Proven, prove
from failback.backup.sources import checked_sources
from failback.errors import ConfigError, FailbackError
from failback.mysql import Login, Server
from failback.restore.progress import Progress, Snapshot
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh
from failback.restore.verify_facts import Expected

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.restore.model import Source


class ActionModule(FailbackAction):
    """Touches nothing of the site: a scratch server comes and goes, the proof stays."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "site": {"type": "str", "required": True},
        "sources": {"type": "list", "elements": "dict", "default": []},
        "source": {"type": "str", "default": ""},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "idc": {"type": "dict", "default": {}},
        "time_zone": {"type": "str", "default": "UTC"},
        "s3": {"type": "dict", "default": {}},
        "decrypt": {"type": "dict", "default": {}},
        "image": {"type": "str", "default": ""},
        "docker_host": {"type": "str", "default": ""},
        "options": {"type": "list", "elements": "str", "default": []},
        "proofs": {"type": "str", "required": True},
        "budget": {"type": "float", "default": 0.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Prove it. Raises RefusedError when no backup is sound, FailbackError when the proof did not pass."""
        try:
            return self._perform(args)
        except BusyError as error:
            raise BusyError(str(error), {"reason": "busy"}) from error
        except ConfigError as error:
            raise ConfigError(str(error), {"reason": "usage"}) from error

    def _perform(self, args: Arguments) -> Outcome:
        sources = checked_sources(args.mappings("sources"))
        hostvars = self._task_vars.get("hostvars") or {}
        directory = Path(args.text("proofs")).expanduser()
        order = Order(
            site=args.text("site"),
            host=self.host,
            sources=sources,
            opener=lambda url: self._open(url, args),
            expected=Expected(schemas=tuple(args.texts("schemas")), time_zone=args.text("time_zone") or "UTC"),
            place=place_of(args.text("docker_host"), hostvars),
            image=args.text("image"),
            directory=directory,
            only=args.text("source"),
            options=(*self._names_as_on_idc(args), *args.texts("options")),
            run=self.run_id,
            by=f"{getpass.getuser()}@{socket.gethostname()}",
        )
        if self.check_mode:
            if order.only and order.only not in [one["name"] for one in sources]:
                raise ConfigError(f"there is no backup {order.only!r} on {self.host}")
            return Outcome(changed=True, after={"would_prove": order.only or "the first sound backup"})
        with self.act("restore a backup into a scratch server", source=order.only, place=order.place.name) as outcome:
            done = prove(order, Progress(file=self._progress_file(), tell=self._say))
            outcome |= {"passed": done.proof.passed, "swept": done.swept}
        evidence = self._evidence(done, directory, args.number("budget"))
        return Outcome(
            changed=True,
            after={"source": done.proof.source, "passed": done.proof.passed},
            evidence=evidence,
            failed=not done.proof.passed,
            msg="" if done.proof.passed else _reason(done.proof),
        )

    def _evidence(self, done: Proven, directory: Path, budget: float) -> dict[str, object]:
        known, _ = proof.read_all(directory, self.host)
        ahead = forecast.of(done.look, known)
        told = asdict(done.proof)
        del told["digests"]
        return {
            "proof": {
                **told,
                "rows_per_second": done.proof.rows_per_second,
                "bytes_per_second": done.proof.bytes_per_second,
            },
            "forecast": ahead.as_dict() if ahead else None,
            "budget_seconds": budget,
            "swept": done.swept,
            "left": done.left,
            "kept_in": str(directory),
        }

    def _open(self, url: str, args: Arguments) -> Source:
        ssh = site_ssh(self._task_vars.get("hostvars") or {})
        return open_source(url, s3=args.mapping("s3"), ssh=ssh, decrypt=args.mapping("decrypt") or None)

    def _names_as_on_idc(self, args: Arguments) -> tuple[str, ...]:
        """Let the scratch server tell upper and lower case apart as IDC does, where IDC answers."""
        if not args.given("idc"):
            return ()
        try:
            with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
                return (f"--lower-case-table-names={idc.number('SELECT @@lower_case_table_names')}",)
        except FailbackError:  # a proof needs no IDC
            return ()

    def _progress_file(self) -> Path | None:
        directory = os.environ.get("RR_RUN_DIR", "")
        return Path(directory) / "progress.json" if directory else None

    def _say(self, seen: Snapshot) -> None:
        self._display.display(f"    {self.host}: {seen.stage}, {seen.share:.0%} of the rows after {seen.elapsed:.0f} s")


def _reason(made: proof.Proof) -> str:
    why = made.problem or "; ".join(made.differences[:5])
    return f"the backup {made.source} ({made.url}) did not pass: {why}. Take it out of backup_sources, or take it anew"
