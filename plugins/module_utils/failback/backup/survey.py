"""Puts what was found of all sources together: which one carries the plan, what is open, and what is kept as a fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.backup import forecast as forecasts
from failback.backup import judge, sizes
from failback.backup.proof import last
from failback.findings import SEVERITIES, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.backup.forecast import Forecast
    from failback.backup.model import Chain, Fault, Look, Wishes
    from failback.backup.proof import Proof
    from failback.findings import Severity


@dataclass(frozen=True)
class Judged:
    """One source with all that is wrong with it."""

    look: Look
    faults: tuple[Fault, ...]
    chain: Chain | None
    proof: Proof | None
    forecast: Forecast | None

    @property
    def usable(self) -> bool:
        """Whether a restore from it would succeed and reach the cut-over, as far as a look can tell."""
        return not any(one.fatal for one in self.faults)


@dataclass(frozen=True)
class Survey:
    """All sources, in the site's order."""

    sources: tuple[Judged, ...]

    @property
    def chosen(self) -> Judged | None:
        """The one a restore would take: the first that is usable."""
        return next((one for one in self.sources if one.usable), None)


def survey(
    looks: Sequence[Look],
    wishes: Wishes,
    chains: Mapping[str, Chain],
    known: Mapping[str, Sequence[Mapping[str, Any]]],
    proofs: Sequence[Proof],
) -> Survey:
    """Judge every source."""
    found = []
    for look in looks:
        usual = sizes.usual(look, known.get(look.name, ()), looks) if look.sound else None
        chain, proof = chains.get(look.name), last(proofs, look.name)
        ahead = forecasts.of(look, proofs) if look.sound else None
        faults = judge.judge(look, wishes, usual, chain, proof, ahead)
        found.append(Judged(look, tuple(faults), chain, proof, ahead))
    return Survey(tuple(found))


def findings(found: Survey, relied_on: Mapping[str, Any] | None, *, restores: bool) -> list[Finding]:
    """Give the findings: a blocker where no usable source is left, or the one the plan relies on is unusable.

    ``relied_on`` is the source an earlier look chose (name, digest); ``restores`` whether the strategy needs a backup:
    where it does not, nothing about a backup stands in its way.
    """
    if not found.sources:
        what = "no backup is named: nothing could be restored, whatever happens"
        step = "name the backups of IDC in backup_sources"
        return [Finding("blocker" if restores else "warning", "backup:no_source", what, step)]
    name = str((relied_on or {}).get("name") or "")
    told = [
        _finding(source, fault, blocks=restores and fault.fatal and (found.chosen is None or source.look.name == name))
        for source in found.sources
        for fault in source.faults
    ]
    told += _moved(found, relied_on, restores=restores)
    return sorted(told, key=lambda one: SEVERITIES.index(one.severity))


def _finding(source: Judged, fault: Fault, *, blocks: bool) -> Finding:
    severity: Severity = "blocker" if blocks else "note" if fault.small else "warning"
    sentence = f"the backup {source.look.name} ({source.look.url}): {fault.sentence}"
    return Finding(severity, f"backup:{source.look.name}:{fault.kind}", sentence, fault.next_step)


def _moved(found: Survey, relied_on: Mapping[str, Any] | None, *, restores: bool) -> list[Finding]:
    """Say where what the plan was made from is no longer what lies there."""
    if not relied_on or not relied_on.get("name"):
        return []
    name, digest = str(relied_on["name"]), str(relied_on.get("digest") or "")
    source = next((one for one in found.sources if one.look.name == name), None)
    if source is None:
        what = f"the backup {name}, which the plan was made with, is no longer named in backup_sources"
        step = "name it again, or make the plan anew"
        return [Finding("blocker" if restores else "warning", f"backup:{name}:gone", what, step)]
    if source.look.sound and digest and source.look.digest != digest:
        what = f"the backup {name} is not the one the plan was made with (SHA-256 {source.look.digest[:16]}...,"
        what += f" then {digest[:16]}...)"
        return [Finding("warning", f"backup:{name}:replaced", what, "make the plan anew: rollback-runner plan")]
    return []


def fact(found: Survey, wishes: Wishes, told: Sequence[Finding], binlogs: str) -> dict[str, Any]:
    """Give what a plan can quote."""
    chosen = found.chosen
    return {
        "checked_at": wishes.now.isoformat(timespec="seconds"),
        "verdict": "usable" if chosen else "none",
        "chosen": {"name": chosen.look.name, "digest": chosen.look.digest} if chosen else None,
        "sentence": _sentence(found),
        "binlogs": binlogs,
        "sources": [_source(one, wishes, told, chosen=one is chosen) for one in found.sources],
    }


def _sentence(found: Survey) -> dict[str, str]:
    usable = [one for one in found.sources if one.usable]
    count = len(found.sources)
    chosen = found.chosen
    if chosen is None:
        return {
            "en": f"None of {count} backups can be restored from."
            if count
            else "No backup is named, so nothing could be restored.",
            "ko": f"백업 {count}개 중 복원에 쓸 수 있는 것이 없습니다."
            if count
            else "지정된 백업이 없어 복원할 수 없습니다.",
        }
    look, ahead = chosen.look, chosen.forecast
    proven = chosen.proof
    english = f"{len(usable)} of {count} backups can be restored from; {look.name} comes first: {look.total:,} rows"
    korean = (
        f"백업 {count}개 중 {len(usable)}개를 복원에 쓸 수 있습니다. 우선 대상은 {look.name}이며 {look.total:,}행입니다"
    )
    if ahead is None:
        english += "; how long a restore takes is not known, it was never done."
        korean += ". 복원한 적이 없어 소요 시간은 알 수 없습니다."
    else:
        english += f"; a restore takes about {ahead.p50:.0f} s, {ahead.p90:.0f} s in the slow case"
        korean += f". 복원에는 약 {ahead.p50:.0f}초, 느리면 {ahead.p90:.0f}초가 걸립니다"
        english += f" (last done on {proven.proven_at[:10]})." if proven else "."
        korean += f" (최근 복원 {proven.proven_at[:10]})." if proven else "."
    return {"en": english, "ko": korean}


def _source(one: Judged, wishes: Wishes, told: Sequence[Finding], *, chosen: bool) -> dict[str, Any]:
    look, old = one.look, judge.age(one.look, wishes)
    prefix = f"backup:{look.name}:"
    return {
        "name": look.name,
        "url": look.url,
        "verdict": "usable" if one.usable else "unusable",
        "chosen": chosen,
        "findings": [finding.as_dict() for finding in told if finding.key.startswith(prefix)],
        "format": look.format,
        "digest": look.digest,
        "bytes": look.bytes,
        "tables": look.tables,
        "rows": look.total,
        "rows_by_table": dict(look.rows),
        "uncounted": list(look.uncounted),
        "taken_at": look.taken_at,
        "age_seconds": round(old.total_seconds()) if old is not None else None,
        "position": look.gtid,
        "server_version": look.server_version,
        "tool": look.tool,
        "encrypted_with": list(look.encrypted),
        "vouched_by_manifest": look.vouched,
        "read_seconds": look.seconds,
        "read_before": look.remembered_from,
        "binlogs": _chain(one.chain),
        "last_proof": _proof(one.proof),
        "forecast": one.forecast.as_dict() if one.forecast else None,
    }


def _chain(chain: Chain | None) -> dict[str, Any] | None:
    if chain is None:
        return None
    return {
        "unbroken": not chain.problem or chain.from_rds,
        "from_rds": chain.from_rds,
        "transactions": chain.transactions,
        "files": chain.files,
        "bytes": chain.bytes,
    }


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {
        "proven_at": proof.proven_at,
        "passed": proof.passed,
        "run": proof.run,
        "place": proof.place,
        "seconds": proof.restore_seconds,
        "rows_per_second": proof.rows_per_second,
        "bytes_per_second": proof.bytes_per_second,
    }
