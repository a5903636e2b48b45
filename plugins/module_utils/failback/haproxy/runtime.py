"""Texts to and from HAProxy's admin socket. Pure: nothing is opened here.

Facts: HAProxy 2.6 management guide, section 9.3, and what Debian's 2.6.12 was seen to answer.
This file also runs on the load balancer node itself (see ``agent``), so it keeps to what Python 3.8 can run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Why a server is in maintenance or drained (srv_admin_state is a sum of these).
_FORCED_MAINT = 0x01
_INHERITED_MAINT = 0x02
_CONFIGURED_MAINT = 0x04  # says only that the file has `disabled`: a server set ready keeps this bit and serves
_RESOLUTION_MAINT = 0x20
_HOSTNAME_MAINT = 0x40
_MAINT = _FORCED_MAINT | _INHERITED_MAINT | _RESOLUTION_MAINT | _HOSTNAME_MAINT
_DRAIN = 0x08 | 0x10
_RUNNING = 2  # srv_op_state: 0 stopped, 1 starting, 2 running, 3 stopping

_NAME = re.compile(r"^[A-Za-z0-9_.:\[\]-]+$")
_VARIABLE = re.compile(r"type=\w+ value=<(-?\d+)>")
_STATE_COLUMNS = ("be_name", "srv_name", "srv_addr", "srv_op_state", "srv_admin_state", "srv_uweight", "srv_port")

HOLD = "proc.rr_hold"
HOLD_LIMIT = "proc.rr_hold_limit"


class AnswerError(ValueError):
    """HAProxy answered something that this code does not understand, or a refusal."""


class ServerState(NamedTuple):
    """One server of a backend as the running process sees it."""

    name: str
    address: str
    port: int
    operational: int
    administrative: int
    weight: int

    @property
    def maintenance(self) -> bool:
        """Takes no request at all."""
        return bool(self.administrative & _MAINT)

    @property
    def ready(self) -> bool:
        """Neither in maintenance nor drained; says nothing about its health."""
        return not self.administrative & (_MAINT | _DRAIN)

    @property
    def serving(self) -> bool:
        """Would be given a request now."""
        return self.ready and self.operational == _RUNNING and self.weight > 0

    @property
    def word(self) -> str:
        """One word for people: maint, drain, down, ready, idle (weight 0)."""
        if self.maintenance:
            return "maint"
        if not self.ready:
            return "drain"
        if self.operational != _RUNNING:
            return "down"
        return "ready" if self.weight > 0 else "idle"


class Load(NamedTuple):
    """What one server has done since the process started, and does now."""

    current: int
    queued: int
    total: int


def state_command(backend: str, server: str, state: str) -> str:
    """Build the command that sets a server ``ready``, ``maint`` or ``drain``."""
    return f"set server {_name(backend)}/{_name(server)} state {_name(state)}"


def healthy_command(backend: str, server: str) -> str:
    """Build the command that counts a server as up at once, instead of after its next checks."""
    return f"set server {_name(backend)}/{_name(server)} health up"


def shutdown_command(backend: str, server: str) -> str:
    """Build the command that ends what is still open to a server: maintenance alone leaves it alive."""
    return f"shutdown sessions server {_name(backend)}/{_name(server)}"


def variable_command(name: str, value: int) -> str:
    """Build the command that sets a process variable. In 2.6 this is allowed in experimental mode only."""
    return f"experimental-mode on; set var {_name(name)} int({int(value)})"


def unknown_backend(text: str) -> bool:
    """Tell whether an answer says that there is no such backend."""
    return "can't find backend" in text.lower()


def parse_backends(text: str) -> list[str]:
    """Read the answer to ``show backend``: a header, then a name a line."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def parse_servers_state(text: str, backend: str) -> dict[str, ServerState]:
    """Read the answer to ``show servers state BACKEND``.

    Raises:
        AnswerError: a refusal, another format version, or a row that does not fit the header.

    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines[0].strip() != "1" or len(lines) < 2 or not lines[1].startswith("#"):  # noqa: PLR2004 - version and header
        raise AnswerError(f"show servers state {backend}: {refusal_in(text) or 'unknown format'}")
    header = lines[1].lstrip("# ").split()
    missing = [column for column in _STATE_COLUMNS if column not in header]
    if missing:
        raise AnswerError(f"show servers state lacks the column {', '.join(missing)}")
    found: dict[str, ServerState] = {}
    for line in lines[2:]:
        values = line.split()
        if len(values) != len(header):
            raise AnswerError(f"show servers state: a row does not fit its header: {line}")
        cells = {column: values[place] for place, column in enumerate(header)}
        if cells["be_name"] == backend:
            found[cells["srv_name"]] = ServerState(
                cells["srv_name"],
                cells["srv_addr"],
                int(cells["srv_port"]),
                int(cells["srv_op_state"]),
                int(cells["srv_admin_state"]),
                int(cells["srv_uweight"]),
            )
    return found


def parse_stat(text: str, proxy: str) -> dict[str, Load]:
    """Read the answer to ``show stat PROXY 6 -1``: load per server, ``BACKEND`` for the whole.

    Raises:
        AnswerError: a refusal or no header.

    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("# pxname,"):
        raise AnswerError(f"show stat {proxy}: {refusal_in(text) or 'unknown format'}")
    header = lines[0].lstrip("# ").split(",")
    found: dict[str, Load] = {}
    for line in lines[1:]:
        values = line.split(",")  # all that is read stands before the free texts, so a plain split is safe
        cells = {column: values[place] for place, column in enumerate(header) if place < len(values)}
        if cells.get("pxname") == proxy:
            numbers = [int(cells.get(key) or 0) for key in ("scur", "qcur", "stot")]
            found[cells["svname"]] = Load(*numbers)
    return found


def parse_variable(text: str) -> int | None:
    """Read the answer to ``get var NAME``; None when the process does not know the variable.

    Raises:
        AnswerError: it is not a whole number, or the command was refused.

    """
    match = _VARIABLE.search(text)
    if match:
        return int(match.group(1))
    if "not found" in text.lower():
        return None
    raise AnswerError(f"get var: {text.strip() or 'no answer'}")


def parse_info(text: str) -> dict[str, str]:
    """Read the answer to ``show info``."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def refusal_in(answer: str) -> str:
    """Return what HAProxy objects to, or "" for an answer without text.

    For commands that answer with nothing when they are obeyed, any text is an objection.
    """
    return " ".join(answer.split())


def in_flight(loads: Mapping[str, Load], servers: Sequence[str]) -> int:
    """Count requests that these servers are working on or that wait for them.

    Keep-alive connections between two requests do not count: HAProxy's scur is per request in HTTP mode.
    """
    return sum(load.current + load.queued for name, load in loads.items() if name in servers)


def shares(before: Mapping[str, Load], after: Mapping[str, Load], sides: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Count requests given to each side between two readings; ``other`` for servers of no side."""
    counted = dict.fromkeys(sides, 0)
    other = 0
    for name, load in after.items():
        if name in {"BACKEND", "FRONTEND"}:
            continue
        delta = max(0, load.total - before.get(name, Load(0, 0, 0)).total)
        owners = [side for side, names in sides.items() if name in names]
        if owners:
            counted[owners[0]] += delta
        else:
            other += delta
    return dict(counted, other=other)


def serving_side(states: Mapping[str, ServerState], idc: Sequence[str], aws: Sequence[str]) -> str:
    """Name the side that takes requests: idc, aws, mixed, other (a server of neither side serves too) or none."""
    serving = {name for name, state in states.items() if state.serving}
    if serving - set(idc) - set(aws):
        return "other"
    here = [side for side, names in (("idc", idc), ("aws", aws)) if serving & set(names)]
    return here[0] if len(here) == 1 else "mixed" if here else "none"


def not_as_wanted(states: Mapping[str, ServerState], arriving: Sequence[str], leaving: Sequence[str]) -> list[str]:
    """Say, one sentence each, which server is not in the state that a switch wants."""
    problems: list[str] = []
    for name, wanted in [(name, "ready") for name in arriving] + [(name, "maint") for name in leaving]:
        state = states.get(name)
        if state is None:
            problems.append(f"{name} does not exist")
        elif wanted == "ready" and not state.serving:
            problems.append(f"{name} is {state.word}, not ready")
        elif wanted == "maint" and not state.maintenance:
            problems.append(f"{name} is {state.word}, not maint")
    return problems


def words(states: Mapping[str, ServerState]) -> dict[str, str]:
    """Reduce the states to name -> word, for the record."""
    return {name: state.word for name, state in states.items()}


def _name(name: str) -> str:
    if not _NAME.match(name):
        raise AnswerError(f"{name!r} is not a name that HAProxy can have")
    return name
