"""Bring IDC up to FINAL, then stop following RDS. See plugins/modules/mysql_salvage.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import aws_view
from failback import channel as channels
from failback.action import FailbackAction, Outcome
from failback.catch_up import executed, rows_changed, rows_since, wait_for
from failback.errors import ConfigError, FailbackError
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.sql import quote_text
from failback.timing import Timings

if TYPE_CHECKING:
    from failback.arguments import Arguments

SLICE = 0.5  # seconds between two looks at the applier's errors while waiting


class ActionModule(FailbackAction):
    """Wait on IDC for FINAL; then stop every channel that follows RDS."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "final": {"type": "str", "required": True},
        "cutover_gtid": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 15.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Salvage. Raises FailbackError with what is missing and what the applier said."""
        final = GtidSet.parse(args.text("final"))
        if not final:
            raise ConfigError("there is no FINAL position: RDS must be fenced first")
        cutover = GtidSet.parse(args.text("cutover_gtid"))
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        timings = Timings()
        with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
            missing = final - executed(idc)
            if missing and idc.number("SELECT @@GLOBAL.read_only") == 0:
                # Already promoted: nothing may be applied here any more, and only RDS's heartbeat may be missing.
                with Server.connect(login, name="RDS") as aws:
                    missing = aws_view.needed(aws, missing)
                final = final - (final - executed(idc) - missing)
            found = self._following(idc, login.server_uuid)
            before = {"missing_transactions": missing.count(), "running_channels": [item.label for item in found]}
            evidence: dict[str, object] = {
                "final": str(final),
                "transactions_since_cutover": (final - cutover).count(),
                "transactions_salvaged": missing.count(),
                "outcome": {"applied": str(missing), "refused": "", "set_aside": ""},
            }
            if self.check_mode:
                return Outcome(changed=bool(missing or found), before=before, after=before, evidence=evidence)
            rows = rows_changed(idc)
            with timings.step("apply"):
                self._apply(idc, final, found, args.number("timeout"))
            evidence["rows_salvaged"] = rows_since(rows, rows_changed(idc))
            if found:
                with timings.step("stop"), self.act("stop following RDS", channels=before["running_channels"]):
                    for item in found:
                        idc.execute(f"STOP REPLICA FOR CHANNEL {quote_text(item.name)}")
            after = {"missing_transactions": (final - executed(idc)).count(), "running_channels": []}
            evidence["seconds"] = timings.as_evidence()
            return Outcome(changed=bool(missing or found), before=before, after=after, evidence=evidence)

    @staticmethod
    def _following(idc: Server, aws_uuid: str) -> list[channels.Channel]:
        """Channels with a running thread that are ours or follow this RDS."""
        return [
            item
            for item in channels.observe(idc)
            if (item.receiver != "OFF" or item.applier != "OFF")
            and (item.name == channels.OWN or item.source_uuid == aws_uuid)
        ]

    def _apply(self, idc: Server, final: GtidSet, found: list[channels.Channel], timeout: float) -> None:
        """Wait for FINAL in slices, so that a dead applier is noticed before the deadline."""
        begun = time.monotonic()
        while not wait_for(idc, final, min(SLICE, timeout)):
            missing = final - executed(idc)
            if not missing:
                return
            states = {item.name: item for item in channels.observe(idc)}
            problems = [channels.trouble(states.get(item.name)) for item in found]
            problem = "no channel follows RDS" if not found else next(filter(None, problems), "")
            waited = time.monotonic() - begun
            if not problem and waited < timeout:
                continue
            refused = [item.applier_error for item in states.values() if item.applier_error]
            raise FailbackError(
                f"IDC lacks {missing.count()} transactions of FINAL after {waited:.1f} s:"
                f" {problem or 'the deadline passed while the applier was still working'}. IDC was not opened;"
                " nothing is lost: RDS has them. Put RDS back in service (rollback-runner abort) or run the phase again",
                {
                    "missing": str(missing)[:2000],
                    "missing_transactions": missing.count(),
                    "outcome": {"applied": str(final - missing), "refused": refused[:3], "set_aside": ""},
                },
            )
