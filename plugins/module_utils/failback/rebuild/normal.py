"""Is a server set so that it may take writes? Not what a restore changed and put back, but what is so, whoever did it.

``promotion.DURABLE`` guards the promotion; this looks wider and earlier, and at what the baseline or the site expects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.promotion import DURABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.mysql import Server

REDO = "redo_log"  # a status, not a variable
# Several values are well for some: ON of newer servers is "1" of older ones.
SAFE: Mapping[str, tuple[str, ...]] = {
    **{name: (str(value),) for name, value in DURABLE.items()},
    REDO: ("ON",),
    "innodb_doublewrite": ("ON", "1", "DETECT_AND_RECOVER"),
    "local_infile": ("OFF", "0"),
}
# No value of these is right everywhere: they are compared only with what is expected.
EXPECTED_ONLY = ("sql_mode", "time_zone", "event_scheduler", "lower_case_table_names", "character_set_server")
_WHY = {
    REDO: "a server killed now could never be started again",
    "innodb_doublewrite": "a power cut could tear pages",
    "local_infile": "clients could be made to send files",
}
_LOSS = "a power cut could lose acknowledged writes"


def read(server: Server) -> dict[str, str]:
    """Read all that is judged; what the server does not know is left out. Raises MySQLError."""
    names = [*(name for name in SAFE if name != REDO), *EXPECTED_ONLY]
    listed = ", ".join(f"'{name}'" for name in names)
    rows = server.rows(f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({listed})")
    found = {str(row["Variable_name"]): str(row["Value"]).upper() for row in rows}
    status = server.row("SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'")
    return found | ({REDO: str(status["Value"]).upper()} if status else {})


def not_normal(found: Mapping[str, str], expected: Mapping[str, str] | None = None) -> list[str]:
    """Say what is not as it must be, each as a sentence. ``expected`` outweighs: a site may have its reasons. Pure."""
    wanted = {name: (value.upper(),) for name, value in (expected or {}).items()}
    wrong = []
    for name, value in sorted(found.items()):
        good = wanted.get(name) or SAFE.get(name)
        if good is None or value in good:
            continue
        why = "it was not so before" if name in wanted else _WHY.get(name, _LOSS)
        wrong.append(f"{name} is {value or 'empty'} and not {good[0]}: {why}")
    return wrong
