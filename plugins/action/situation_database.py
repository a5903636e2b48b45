"""Read both servers of a database, and what AWS says of RDS. See plugins/modules/situation_database.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import aws as amazon
from failback.action import FailbackAction, Outcome
from failback.gtid import GtidSet
from failback.mysql import Login
from failback.situation import databases, rds_view
from failback.situation.patience import Seen, within

if TYPE_CHECKING:
    from failback.arguments import Arguments

_DEADLINE = 6.0  # seconds for one server, the window on top
_START = 4.0  # seconds for loading the AWS library


class ActionModule(FailbackAction):
    """Looks only: both servers and the AWS API at the same time."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "cutover_gtid": {"type": "str", "required": True},
        "exempt_users": {"type": "list", "elements": "str", "required": True},
        "window": {"type": "float", "default": 2.0},
        "log_seconds": {"type": "int", "default": 21600},
        **amazon.ARGUMENTS,
        "instance": {"type": "str", "required": True},
        "group": {"type": "str", "required": True},
        "security_groups": {"type": "list", "elements": "str", "default": []},
        "timeout": {"type": "float", "default": 6.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask all at once; the silence of one leaves the others standing."""
        idc = Login.from_dict(args.mapping("idc"), "db_idc")
        aws = Login.from_dict(args.mapping("aws"), "db_aws")
        cutover = GtidSet.parse(args.text("cutover_gtid"))
        window, back = args.number("window"), args.count("log_seconds")
        exempt = tuple(sorted({*args.texts("exempt_users"), idc.user, aws.user}))
        account = amazon.Account.from_arguments({name: args.text(name) for name in amazon.ARGUMENTS})
        place = rds_view.Place(
            args.text("instance"), args.text("group"), tuple(args.texts("security_groups")), aws.port
        )
        patience = args.number("timeout")
        found = within(
            max(_DEADLINE + window, _START + patience),
            {
                "cloud": lambda: rds_view.look(account, place, log_seconds=back, deadline=patience),
                "idc": lambda: databases.read(idc, "IDC", databases.Scope(window, back, exempt, rds=False)),
                "aws": lambda: databases.read(aws, "RDS", databases.Scope(window, back, exempt, rds=True)),
                "cut_over": lambda: databases.cut_over(aws, cutover),
            },
        )
        sides = {name: _side(found[name], login) for name, login in (("idc", idc), ("aws", aws))}
        evidence: dict[str, object] = {
            **sides,
            "cut_over": {"at": found["cut_over"].answer or "", "error": found["cut_over"].error},
            "exempt_users": list(exempt),
            "cloud": found["cloud"].answer or rds_view.silent(place.instance, found["cloud"]),
            **_distance(sides["idc"], sides["aws"], cutover),
        }
        return Outcome(changed=False, evidence=evidence)


def _side(seen: Seen, login: Login) -> dict[str, Any]:
    if seen.answer is None:
        return {"answers": False, "error": seen.error, "address": f"{login.host}:{login.port}"}
    return {"answers": True, "error": "", **seen.answer}


def _distance(idc: dict[str, Any], aws: dict[str, Any], cutover: GtidSet) -> dict[str, Any]:
    """Say what one side has and the other has not; None where it cannot be known."""
    if not idc["answers"]:
        return {"idc_lacks": None, "only_idc": None}
    here = GtidSet.parse(str(idc["gtid_executed"]))
    if not aws["answers"]:
        return {"idc_lacks": None, "only_idc": (here - cutover).count()}
    there = GtidSet.parse(str(aws["gtid_executed"]))
    return {"idc_lacks": (there - here).count(), "only_idc": (here - cutover - there).count()}
