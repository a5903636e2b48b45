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
from failback.catch_up import executed, newest_received, received, rows_changed, rows_since, wait_for
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
        "final": {"type": "str", "default": ""},
        "cutover_gtid": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 15.0},
        "accept_loss": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Salvage. Raises FailbackError with what is missing and what the applier said."""
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        timings = Timings()
        with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
            final, evidence = self._final(idc, login, args)
            found = self._following(idc, login.server_uuid)
            missing = final - executed(idc)
            before = {"missing_transactions": missing.count(), "running_channels": [item.label for item in found]}
            evidence |= {
                "final": str(final),
                "transactions_since_cutover": (final - GtidSet.parse(args.text("cutover_gtid"))).count(),
                "transactions_salvaged": missing.count(),
                "outcome": {"applied": str(missing), "refused": "", "set_aside": ""},
            }
            changed = bool(missing or found)
            if self.check_mode:
                return Outcome(changed=changed, before=before, after=before, evidence=evidence)
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
            return Outcome(changed=changed, before=before, after=after, evidence=evidence)

    def _final(self, idc: Server, login: Login, args: Arguments) -> tuple[GtidSet, dict[str, object]]:
        """Give FINAL as the fence found it, or the best that stands for it; and what that means, for the record."""
        final = GtidSet.parse(args.text("final"))
        if not final and args.text("accept_loss"):
            floor = received(idc)
            bound = f"whatever RDS committed after {newest_received(idc) or 'an unknown moment'} (UTC) is not on IDC"
            self.note("accepted_loss", reason=args.text("accept_loss"), floor=str(floor), bound=bound)
            return floor, {"accepted_loss": args.text("accept_loss"), "bound": bound}
        if not final and not self.check_mode:
            raise ConfigError("there is no FINAL position: RDS must be fenced first")
        missing = final - executed(idc)
        if not missing or idc.number("SELECT @@GLOBAL.read_only") == 1:
            return final, {}
        # Already promoted: nothing may be applied here any more, and only RDS's heartbeat may be missing.
        with Server.connect(login, name="RDS") as aws:
            needed = aws_view.needed(aws, missing)
        return (final - missing) | needed, {"housekeeping_left_on_rds": (missing - needed).count()}

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
                f" {problem or 'the deadline passed while the applier worked'}. IDC was not opened,"
                " and RDS has them. Run the phase again, or put RDS back in service (rollback-runner abort)",
                {
                    "missing": str(missing)[:2000],
                    "missing_transactions": missing.count(),
                    "outcome": {"applied": str(final - missing), "refused": refused[:3], "set_aside": ""},
                },
            )
