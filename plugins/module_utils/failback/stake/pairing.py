"""What forbids replicating from RDS to IDC, by the settings of both.

The gate of every way that replicates asks the same. Pure. Missing data and histories are judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.stake.facts import Idc, Rds
    from failback.stake.words import Text

_LOGS = frozenset({"log_bin", "gtid_mode"})  # without these there is nothing to read: told as such
_CASES = "lower_case_table_names"


@dataclass(frozen=True)
class Obstacle:
    """One thing that forbids it; ``key`` is stable from look to look."""

    key: str
    text: Text
    remedy: str


def obstacles(rds: Rds, idc: Idc) -> Iterator[Obstacle]:
    """List them. What a server does not tell counts as right."""
    for side, name, wanted, remedy in gate.WANTED:
        value = rds.settings.get(name)
        if side == "rds" and name not in _LOGS and value is not None and value.upper() not in wanted:
            text = {
                "en": f"{name}={value} on RDS forbids the salvage",
                "ko": f"RDS의 {name}={value} 설정으로는 복제할 수 없습니다",
            }
            yield Obstacle(f"settings:rds:{name}", text, remedy)
    if rds.who is None or idc.who is None:
        return
    if why := gate.replication_allowed(rds.who.version, idc.who.version):
        korean = f"MySQL {rds.who.version}에서 {idc.who.version} 버전으로는 복제할 수 없습니다. 덤프로 옮겨야 합니다"
        yield Obstacle("replication:version", {"en": why, "ko": korean}, "bring IDC to a version that can follow RDS")
    if rds.who.server_id == idc.who.server_id:
        text = {
            "en": f"both servers have server_id {idc.who.server_id}",
            "ko": f"두 서버의 server_id가 {idc.who.server_id}로 같습니다",
        }
        yield Obstacle("settings:server_id", text, "SET PERSIST server_id to another on IDC")
    cases = rds.settings.get(_CASES), idc.settings.get(_CASES)
    if None not in cases and cases[0] != cases[1]:
        text = {
            "en": f"{_CASES} is {cases[0]} on RDS and {cases[1]} on IDC: names would not match",
            "ko": f"{_CASES} 값이 RDS는 {cases[0]}, IDC는 {cases[1]}로 달라 이름이 일치하지 않습니다",
        }
        yield Obstacle(f"settings:{_CASES}", text, "it is set when a server is made: make IDC anew with that of RDS")
