"""Measures what is at stake: reads both servers, counts RDS's binary logs, and judges. Only looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.errors import ConfigError, FailbackError
from failback.gtid import GtidSet
from failback.stake import facts, filters, pairing, reader, replay, verdict
from failback.stake.situation import Situation, Verdict
from failback.stake.tables import Tables
from failback.stake.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.mysql import Login
    from failback.stake.words import Name, Text

_UNCOUNTED = reader.Reading(complete=False, why="", kind="", seconds=0.0, bytes=0, factor=1.0)


@dataclass(frozen=True)
class Question:
    """What is asked. ``last`` is the stake of an earlier look, where there was one."""

    aws: Login
    idc: Login
    cutover: GtidSet
    schemas: Sequence[str]
    names: Mapping[str, Name] = field(default_factory=dict)
    deadline: float = 120.0  # seconds of reading
    accepted_loss: str = ""
    strategy: str = ""  # of this way back; "" not chosen
    last: Mapping[str, object] = field(default_factory=dict)

    @property
    def replicates(self) -> bool:
        """Whether the way asked about replicates from RDS to IDC; the one not chosen yet may."""
        return self.strategy != "stop-first"


@dataclass(frozen=True)
class Measured:
    """Everything that was found. ``source`` is whose logs were counted: RDS, or IDC where RDS is silent."""

    rds: facts.Rds
    idc: facts.Idc
    tally: Tally
    reading: reader.Reading
    source: str
    wanted: GtidSet  # since the cut-over, as far as it is known
    errant: GtidSet
    passed_over: GtidSet  # purged on RDS, and IDC has them
    verdict: Verdict
    unreplayable: tuple[tuple[str, Text], ...]
    filtered: tuple[str, ...]
    strangers: tuple[str, ...]  # sides that are not the server the inventory means
    opened: bool = False  # IDC serves since an earlier run, and what it has of its own is meant to be there
    obstacles: tuple[pairing.Obstacle, ...] = ()  # to replication, in the settings of both


def cutover(text: str) -> GtidSet:
    """Read the recorded position. Raises ConfigError."""
    try:
        found = GtidSet.parse(text)
    except FailbackError as error:
        raise ConfigError(f"db_cutover_gtid is {error}: copy gtid_executed as it was at the cut-over") from error
    if not found:
        raise ConfigError("db_cutover_gtid is empty: without it nobody can tell what was written since the cut-over")
    return found


def measure(ask: Question, tell: Callable[[int, float], None] = lambda _left, _seconds: None) -> Measured:
    """Look. Raises ConfigError for what is wrong with the inventory, and for nothing that a server says or does not."""
    idc = facts.read_idc(ask.idc, ask.cutover, ask.schemas)
    rds = facts.read_rds(ask.aws, idc.executed, ask.schemas)
    strangers = tuple(
        side
        for side, found, login in (("rds", rds, ask.aws), ("idc", idc, ask.idc))
        if found.who is not None and login.server_uuid and found.who.uuid != login.server_uuid
    )
    if strangers:
        # Of the wrong server nothing is worth counting.
        nothing = Tally(GtidSet(), GtidSet(), Tables(ask.schemas))
        empty = GtidSet()
        judged = Verdict("unknown", "", {"en": "Not known.", "ko": "알 수 없습니다."}, (), ())
        return Measured(rds, idc, nothing, _UNCOUNTED, "", empty, empty, empty, judged, (), (), strangers)
    return _count(ask, rds, idc, tell)


def _count(ask: Question, rds: facts.Rds, idc: facts.Idc, tell: Callable[[int, float], None]) -> Measured:
    empty = GtidSet()
    silent = bool(rds.silent)
    errant = _errant(ask, rds, idc)
    source, login = ("IDC", ask.idc) if silent else ("RDS", ask.aws)
    executed = idc.executed - errant if silent else rds.executed
    gone = (idc.who.purged if idc.who else empty) if silent else rds.purged
    since = executed - ask.cutover
    unreadable = _unreadable(rds)
    tables = Tables(ask.schemas, keys=rds.keys, there=idc.tables if idc.data.usable else None)
    # What an IDC that does not answer can run is not known, and counts as all.
    tally = Tally(
        since - gone,
        idc.executed,
        tables,
        lambda text: replay.obstacle(text, idc.ability) if idc.data.reachable else {},
    )
    reading = _UNCOUNTED
    if (not silent or idc.data.reachable) and not unreadable:
        known = ask.cutover | gone
        reading = reader.read(login, known, tally, logs=rds.logs, deadline=ask.deadline, name=source, tell=tell)
        if not silent and reading.kind == "refused":
            unreadable = reading.why
    unreplayable = tuple((item.text, item.obstacle) for item in tally.statements if item.obstacle)
    filtered = tuple(
        label for label in sorted(tables.by_name) if tables.service(label) and filters.left_out(idc.filters, label)
    )
    opened = _opened(ask, rds, idc, tally, errant)
    obstacles = tuple(pairing.obstacles(rds, idc))
    now = Situation(
        rds_silent=rds.silent,
        idc=idc.data,
        idc_why=_idc_why(ask, idc),
        cutover=ask.cutover,
        purged=rds.purged,
        idc_executed=idc.executed,
        errant=empty if opened else errant,
        no_replication=obstacles[0].text if obstacles else {},
        unreplayable=unreplayable,
        filtered=filtered,
        unreadable=unreadable,
        incidents=tally.incidents,
        left_out=rds.left_out,
        uncounted=_uncounted(ask, reading),
        last_seen=_last(ask, idc) if silent else 0,
        last_seen_at=str(ask.last.get("measured_at") or "") if silent and _last_rds(ask) else "",
    )
    return Measured(
        rds=rds,
        idc=idc,
        tally=tally,
        reading=reading,
        source=source,
        wanted=since,
        errant=errant,
        passed_over=since & gone & idc.executed,
        verdict=verdict.judge(now),
        unreplayable=unreplayable,
        filtered=filtered,
        strangers=(),
        opened=opened,
        obstacles=obstacles,
    )


def _errant(ask: Question, rds: facts.Rds, idc: facts.Idc) -> GtidSet:
    """Find what IDC has from nowhere; of a server without any table of the service it says nothing."""
    held = any(label.partition(".")[0] in ask.schemas for label in idc.tables)
    if not held and not idc.data.usable:
        return GtidSet()
    beyond = idc.executed - ask.cutover
    return beyond - (beyond.of_server(ask.aws.server_uuid) if rds.silent else rds.executed)


def _unreadable(rds: facts.Rds) -> str:
    """Say why there is nothing to read by GTID; "" where there is."""
    wanted = {"log_bin": ("ON", "1"), "gtid_mode": ("ON",)}
    wrong = [f"{name}={rds.settings[name]}" for name, ok in wanted.items() if rds.settings.get(name, ok[0]) not in ok]
    return f"{' and '.join(wrong)} on RDS" if wrong else ""


def _idc_why(ask: Question, idc: facts.Idc) -> Text:
    """Say in both languages why IDC's data cannot be used; its own sentence is English."""
    lacking = (ask.cutover - idc.executed).count()
    bare = [name for name in ask.schemas if not any(label.startswith(f"{name}.") for label in idc.tables)]
    if not idc.data.reachable:
        korean = f"응답하지 않습니다 ({idc.data.why})"
    elif bare:
        korean = f"테이블이 없는 스키마가 있습니다: {', '.join(bare)}"
    else:
        korean = f"이관 이전 트랜잭션 {lacking:,}건이 없습니다"
    return {"en": idc.data.why, "ko": korean}


def _opened(ask: Question, rds: facts.Rds, idc: facts.Idc, tally: Tally, errant: GtidSet) -> bool:
    """Tell whether IDC was opened by an earlier run: all RDS had is on it, and it may write since.

    RDS is fenced then. Where it is silent and its loss accepted, IDC must have nothing but RDS's and its own, as
    ``mysql_gate`` asks for.
    """
    if not idc.data.serving or idc.who is None:
        return False
    if rds.silent:
        return bool(ask.accepted_loss) and not errant - errant.of_server(idc.who.uuid)
    lacking = any(table.lacking.changes for label, table in tally.tables.by_name.items() if tally.tables.service(label))
    return rds.fenced and not lacking


def _uncounted(ask: Question, reading: reader.Reading) -> Text:
    """Say why not all was read, where that is not said by the server as such; {} where it was."""
    if reading.kind == "deadline":
        return {
            "en": f"{ask.deadline:g} s were not enough to read all of RDS's binary logs",
            "ko": f"{ask.deadline:g}초 안에 RDS의 바이너리 로그를 모두 읽지 못했습니다",
        }
    if reading.kind == "broken":
        return {
            "en": f"reading RDS's binary logs broke off: {reading.why}",
            "ko": f"RDS의 바이너리 로그 읽기가 중단되었습니다: {reading.why}",
        }
    return {}


def _last_rds(ask: Question) -> str:
    rds = ask.last.get("rds")
    return str(rds.get("executed") or "") if isinstance(rds, dict) else ""


def _last(ask: Question, idc: facts.Idc) -> int:
    """Count what RDS had when it was last read and IDC has not now."""
    return (GtidSet.parse(_last_rds(ask)) - ask.cutover - idc.executed).count()
