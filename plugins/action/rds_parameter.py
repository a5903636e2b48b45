"""Set read_only in the parameter group of RDS and see it work. Documentation: plugins/modules/rds_parameter.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import aws
from failback.action import Arguments, FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.mysql import Login, Server
from failback.rds_group import Group, read_group
from failback.timing import Timings

POLL = 0.25  # seconds between two looks at @@read_only


class ActionModule(FailbackAction):
    """The API's answer proves nothing; the server's own @@read_only does."""

    DESTROYS = Destroys("closes", {"read_only": (True,)})
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **aws.ARGUMENTS,
        "instance": {"type": "str", "required": True},
        "group": {"type": "str", "required": True},
        "read_only": {"type": "bool", "required": True},
        "server": {"type": "dict", "required": True},
        "timeout": {"type": "float", "default": 120.0},
        "wait": {"type": "bool", "default": True},
        "silence": {"type": "str", "choices": ["fail", "tell"], "default": "fail"},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Probe, set where needed, and wait until the server shows it."""
        wanted = args.flag("read_only")
        timings = Timings()
        observed: bool | None = None
        try:
            observed = _observe(args)
        except UnreachableError:
            if args.flag("wait"):
                raise
            # Who does not wait for RDS can do without its answer: the API is another way to it.
        before: dict[str, object] = {"observed": observed}
        try:
            client = aws.Account.from_arguments({name: args.text(name) for name in aws.ARGUMENTS}).client("rds")
            with timings.step("probe"):
                group = read_group(client, args.text("instance"), args.text("group"))
        except aws.AwsUnreachableError as error:
            return self._silent(error, args, before, observed=observed, wanted=wanted)
        before["group"] = group.value
        evidence: dict[str, object] = {"group": group.as_evidence()}
        if reason := group.unusable():
            raise RefusedError(f"read_only cannot be set for RDS: {reason}", evidence)
        change = not group.says(wanted=wanted)
        if self.check_mode:
            planned = {"observed": wanted, "group": "1" if wanted else "0"}
            return Outcome(change, before, planned if change else before, evidence)
        if change:
            self._set(client, group, wanted=wanted)
        if args.flag("wait") and observed != wanted:
            with timings.step("observed"):
                observed = self._wait(args, wanted=wanted)
        evidence["seconds"] = timings.as_evidence()
        if args.flag("wait") and observed != wanted:
            raise FailbackError(
                f"the parameter group says read_only={int(wanted)}, but after {args.number('timeout'):g} s RDS still"
                f" shows {int(not wanted)}: look at the instance's events; running this again goes on waiting",
                evidence,
            )
        after: dict[str, object] = {"observed": observed}
        after["group"] = ("1" if wanted else "0") if change else group.value
        return Outcome(change, before, after, evidence)

    def _silent(
        self,
        error: aws.AwsUnreachableError,
        args: Arguments,
        before: dict[str, object],
        *,
        observed: bool | None,
        wanted: bool,
    ) -> Outcome:
        evidence = {**error.evidence, "observed_read_only": observed}
        if observed == wanted or args.text("silence") == "tell":
            seen = "could not be seen either" if observed is None else f"was seen to be {int(observed)}"
            told = f"{error}. The fence by SQL does not need it; read_only {seen}"
            return Outcome(changed=False, before=before, after=before, evidence=evidence, msg=told)
        raise FailbackError(
            f"{error}. RDS stays closed by its locked accounts; run the phase again when the API answers, to close it a"
            " second time by read_only",
            evidence,
        ) from error

    def _set(self, client: Any, group: Group, *, wanted: bool) -> None:
        value = "1" if wanted else "0"
        with (
            self.act("set read_only in the parameter group", group=group.name, value=value, before=group.value),
            aws.answering("change the parameter group"),
        ):
            client.modify_db_parameter_group(
                DBParameterGroupName=group.name,
                Parameters=[{"ParameterName": "read_only", "ParameterValue": value, "ApplyMethod": "immediate"}],
            )

    def _wait(self, args: Arguments, *, wanted: bool) -> bool:
        limit = time.monotonic() + args.number("timeout")
        while (observed := _observe(args)) != wanted and time.monotonic() < limit:
            time.sleep(POLL)
        return observed


def _observe(args: Arguments) -> bool:
    login = Login.from_dict(args.mapping("server"), "db_aws")
    with Server.connect(login, name="RDS") as server:
        row = server.row("SELECT @@server_uuid AS uuid, @@read_only AS read_only")
    if login.server_uuid and str(row["uuid"]).lower() != login.server_uuid:
        raise RefusedError(f"{login} is server {row['uuid']!s}, the inventory means {login.server_uuid}")
    return bool(row["read_only"])
