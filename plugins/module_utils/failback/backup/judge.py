"""Judges what is known of a source against what the site asks of it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from failback.backup.model import Fault
from failback.gtid import GtidError, GtidSet
from failback.restore.verify_facts import taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.backup.forecast import Forecast
    from failback.backup.model import Chain, Look, Wishes
    from failback.backup.proof import Proof
    from failback.backup.sizes import Usual

_LARGE = 2.0  # times the usual size
_FEWER = 0.5  # of a table's usual rows
_MANY = 1000  # rows below which a table says nothing
_NAMED = 5  # tables, remarks
_HOUR = timedelta(hours=1)


def judge(  # noqa: PLR0913, PLR0917 - one source against all that is known
    look: Look,
    wishes: Wishes,
    usual: Usual | None,
    chain: Chain | None,
    proof: Proof | None,
    forecast: Forecast | None,
) -> list[Fault]:
    """Give everything wrong with a source, the gravest first."""
    if not look.sound:
        return [Fault(look.kind, look.problem, look.next_step, fatal=True)]
    found = [
        *_server(look, wishes),
        *_position(look, wishes, chain),
        *_age(look, wishes),
        *_size(look, wishes, usual),
        *_tables(look, usual),
        *(_failed(look, proof) or _proof(look, wishes, proof)),
        *_time(wishes, forecast),
        *_told(look),
    ]
    return sorted(found, key=lambda one: (not one.fatal, one.small))


def unfit(look: Look, wishes: Wishes, proof: Proof | None) -> list[Fault]:
    """Give what forbids to restore from it, as far as it is known without a server and without binary logs.

    This is what the choice right before a restore goes by, so that it never takes what the look before it ruled out.
    """
    if not look.sound:
        return [Fault(look.kind, look.problem, look.next_step, fatal=True)]
    told = (*_server(look, wishes), *_position(look, wishes, None), *_age(look, wishes), *_failed(look, proof))
    return [one for one in told if one.fatal]


def position(look: Look) -> GtidSet | None:
    """Read where the backup stands; None where it does not say, or says what is no GTID set."""
    try:
        return GtidSet.parse(look.gtid) or None
    except GtidError:
        return None


def age(look: Look, wishes: Wishes) -> timedelta | None:
    """Tell how old it is; None where it does not say."""
    moment: datetime | None = taken(look.taken_at, wishes.time_zone)
    return None if moment is None else wishes.now - moment


def _server(look: Look, wishes: Wishes) -> Iterator[Fault]:
    have = position(look)
    if have is None or not wishes.cutover:
        return
    beyond = have - wishes.cutover
    ours = {*wishes.cutover.servers, *([wishes.aws_uuid.lower()] if wishes.aws_uuid else [])}
    strangers = sorted(set(beyond.servers) - ours)
    if not set(have.servers) & set(wishes.cutover.servers):
        what = f"was made by another server: its history is of {', '.join(have.servers)}, that of IDC of"
        what += f" {', '.join(wishes.cutover.servers)}"
        yield Fault("other_server", what, "correct the url in backup_sources: this is no backup of IDC", fatal=True)
    elif strangers:
        what = f"holds {beyond.count()} transactions IDC never had, of {', '.join(strangers)}: it was made by another"
        yield Fault("other_server", f"{what} server that was copied from IDC", "use a backup of IDC itself", fatal=True)
    elif beyond:
        what = f"holds {beyond.count()} transactions that IDC did not have at the cut-over: it was taken after it"
        yield Fault("after_cutover", what, "prefer a backup from before the cut-over")


def _position(look: Look, wishes: Wishes, chain: Chain | None) -> Iterator[Fault]:
    if position(look) is None:
        if wishes.cutover:
            what = "does not say at which position it was taken, so nothing leads from it to the cut-over"
            step = "take backups with --set-gtid-purged=ON or --source-data, or put a manifest.json with `gtid` beside"
            yield Fault("no_position", what, step, fatal=True)
    elif chain is not None and chain.problem:
        yield Fault(chain.kind, chain.problem, chain.next_step, fatal=not chain.from_rds)


def _age(look: Look, wishes: Wishes) -> Iterator[Fault]:
    found = age(look, wishes)
    have = position(look)
    if found is None:
        if wishes.rpo or wishes.refuse_older:
            what = "does not say when it was taken: its age cannot be judged"
            yield Fault("age_unknown", what, "put a manifest.json with `taken_at` beside it")
        return
    if found < -_HOUR:
        what = f"says that it was taken in the future ({look.taken_at})"
        yield Fault("future", what, "correct the clock of the host that dumps, or backup_time_zone")
    if have is not None and wishes.cutover and wishes.cutover <= have:
        return  # it holds all that IDC had: nothing is lost by its age
    told = f"was taken {look.taken_at}, {_days(found.total_seconds())} ago"
    if wishes.refuse_older and found.total_seconds() > wishes.refuse_older:
        what = f"{told}; older than {_days(wishes.refuse_older)} is refused on this site"
        yield Fault("too_old", what, "use a newer backup, or set backup_refuse_older to false", fatal=True)
    elif wishes.rpo and found.total_seconds() > wishes.rpo:
        what = f"{told}; the recovery point objective is {_days(wishes.rpo)}"
        yield Fault("too_old", what, "put a newer backup in place; what lies between comes from binary logs alone")


def _size(look: Look, wishes: Wishes, usual: Usual | None) -> Iterator[Fault]:
    if usual is None or not wishes.least_share:
        return
    counted = bool(look.total and usual.rows and not look.uncounted)
    seen, known, unit = (look.total, usual.rows, "rows") if counted else (look.bytes, usual.bytes, "bytes")
    if not known:
        return
    share = seen / known
    if share < wishes.least_share:
        what = f"has {seen:,} {unit}, {share:.0%} of what is usual ({known:,.0f}, by {usual.basis})"
        yield Fault("small", what, "find out what is missing from it before you rely on it")
    elif share > _LARGE and not usual.siblings:
        what = f"has {seen:,} {unit}, {share:.1f} times what is usual ({known:,.0f}, by {usual.basis})"
        yield Fault("large", what, "find out what was added", small=True)


def _tables(look: Look, usual: Usual | None) -> Iterator[Fault]:
    """Name tables that lost most of their rows though the whole is as big as ever."""
    if usual is None:
        return
    lost = sorted(
        (label, known)
        for label, known in usual.tables.items()
        if known >= _MANY and label not in look.uncounted and look.rows.get(label, 0) < known * _FEWER
    )
    if lost:
        told = ", ".join(
            f"{label} has {look.rows.get(label, 0):,} of {known:,.0f} rows" for label, known in lost[:_NAMED]
        )
        more = f", and {len(lost) - _NAMED} more tables" if len(lost) > _NAMED else ""
        yield Fault("tables_small", f"{told}{more}", "find out whether these rows were deleted on purpose")


def _failed(look: Look, proof: Proof | None) -> list[Fault]:
    """Rule out the very bytes that broke off when they were last restored; they would break off again.

    Differences alone rule nothing out: it was restored, and decimals in JSON differ after any text backup.
    """
    if proof is None or proof.passed or not proof.problem or not look.digest or proof.digest != look.digest:
        return []
    what = f"could not be restored on {proof.proven_at[:16]}, and is unchanged since: {proof.problem}"
    step = f'put another copy in place; or prove it again: rollback-runner drill backup --source "{look.name}"'
    return [Fault("proof_failed", what, step, fatal=True)]


def _proof(look: Look, wishes: Wishes, proof: Proof | None) -> Iterator[Fault]:
    command = f'rollback-runner drill backup --source "{look.name}"'
    if not wishes.proof_age:
        return
    if proof is None:
        yield Fault("no_proof", "was never restored: nobody knows whether it can be, nor how long it takes", command)
        return
    ago = (wishes.now - datetime.fromisoformat(proof.proven_at)).total_seconds()
    if not proof.passed:
        why = proof.problem or "; ".join(proof.differences[:_NAMED])
        yield Fault("proof_failed", f"did not pass its last restore on {proof.proven_at[:16]}: {why}", command)
    elif ago > wishes.proof_age:
        what = f"was restored last {_days(ago)} ago; at most {_days(wishes.proof_age)} are meant to pass"
        yield Fault("proof_old", what, command)


def _time(wishes: Wishes, forecast: Forecast | None) -> Iterator[Fault]:
    if forecast is not None and wishes.budget and forecast.p90 > wishes.budget:
        what = f"takes about {forecast.p50:.0f} s to restore, {forecast.p90:.0f} s in the slow case; the budget is"
        step = "restore only what the service needs first (restore_tables), or keep a standby to clone"
        yield Fault("over_budget", f"{what} {wishes.budget:.0f} s ({forecast.basis['en']})", step)


def _told(look: Look) -> Iterator[Fault]:
    if look.remarks:
        more = f"; and {len(look.remarks) - _NAMED} more" if len(look.remarks) > _NAMED else ""
        yield Fault("remarks", f"{'; '.join(look.remarks[:_NAMED])}{more}", "read them before you rely on it")
    if not look.vouched:
        what = "has no manifest: rows that were never written to it cannot be missed"
        yield Fault("no_manifest", what, "write a manifest.json when the backup is taken", small=True)


def _days(seconds: float) -> str:
    """Write a span as people say it."""
    hours = seconds / 3600
    if hours < 1:
        return f"{seconds / 60:.0f} minutes"
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"  # noqa: PLR2004 - two days
