"""What was at stake on each database and what became of it, told only by what was measured. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.record.timeline_words import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DATA = ("DATA-01", "DATA-02", "DATA-03", "IDC-04", "SWITCH-01", "VERIFY-01", "FINAL-02")
_NOTHING = {"en": "", "ko": ""}


def of_incident(facts: Mapping[str, Any], joined: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give one row for each database: what was at stake (measured in prepare), and what was proven of it since."""
    hosts: dict[str, dict[str, Any]] = {}
    for name, fact in sorted(facts.items()):
        kind, _, host = name.partition(".")
        if kind == "stake" and isinstance(fact, dict):
            hosts[host] = _measured(host, fact)
    for one in joined["stake"]:
        verdict = one.get("verdict") or _NOTHING
        hosts.setdefault(one["host"], _empty(one["host"]) | {"sentence": one["sentence"], "verdict": verdict})
    for host, item, found in _evidence(joined["items"]):
        row = hosts.get(host)
        fates = list(_fates(item, found))
        if row is None and fates:
            row = hosts[host] = _empty(host)
        if row is not None:
            row["fate"] += [fate for fate in fates if fate["sentence"] not in [one["sentence"] for one in row["fate"]]]
            row["compared"] = _compared(found) or row["compared"]
    return list(hosts.values())


def _empty(host: str) -> dict[str, Any]:
    return {"host": host, "measured_at": "", "sentence": _NOTHING, "verdict": _NOTHING, "extent": _NOTHING,
            "histories": _NOTHING, "lines": [], "lost": [], "fate": [], "compared": []}  # fmt: skip


def _measured(host: str, fact: Mapping[str, Any]) -> dict[str, Any]:
    verdict = fact.get("verdict") if isinstance(fact.get("verdict"), dict) else {}
    return _empty(host) | {
        "measured_at": str(fact.get("measured_at") or ""),
        "sentence": _both(fact.get("sentence")),
        "verdict": _both((verdict or {}).get("sentence")),
        "extent": _both(fact.get("extent")),
        "histories": _both(fact.get("histories")),
        "lines": [_both(line) for line in fact.get("lines") or () if isinstance(line, dict)],
        "lost": [_both(line) for line in (verdict or {}).get("lost") or ()],
    }


def _fates(item: str, found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Tell what one task proved of the data."""
    if found.get("compared") and isinstance(found.get("tables"), dict):
        differences = found.get("differences") or ()
        equal = bool(found.get("equal"))
        key = "rp.fate.equal" if equal else "rp.fate.differs"
        if equal and found.get("mode") == "manifest":
            key = "rp.fate.manifest"
        told = said(key, tables=f"{len(found['tables']):,}", rows=f"{int(found.get('rows') or 0):,}",
                    differences=f"{len(differences):,}")  # fmt: skip
        yield {"item": item, "sentence": told, "good": equal}
    totals = found.get("totals")
    if isinstance(totals, dict) and "transactions" in found:
        aside = int(totals.get("set aside") or 0)
        clean = sum(int(count) for name, count in totals.items() if name != "set aside")
        told = said("rp.fate.quarantine", transactions=f"{int(found['transactions']):,}", clean=f"{clean:,}",
                    aside=f"{aside:,}")  # fmt: skip
        yield {"item": item, "sentence": told, "good": not aside}
    if isinstance(found.get("rows_by_table"), dict) and isinstance(found.get("loaded_now"), dict):
        tables = len(found["rows_by_table"])
        told = said("rp.fate.restored", rows=f"{int(found.get('rows') or 0):,}", tables=f"{tables:,}")
        yield {"item": item, "sentence": told, "good": True}
    if isinstance(found.get("transactions_applied"), int):
        told = said("rp.fate.replayed", transactions=f"{found['transactions_applied']:,}")
        yield {"item": item, "sentence": told, "good": True}
    if "idc_has_final" in found:
        good = bool(found["idc_has_final"]) and not found.get("broken_invariants")
        told = said(
            "rp.fate.salvaged" if good else "rp.fate.not_salvaged", aside=f"{int(found.get('set_aside') or 0):,}"
        )
        yield {"item": item, "sentence": told, "good": good}


def _compared(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the tables that were compared, the ones that differ first."""
    tables = found.get("tables")
    if not found.get("compared") or not isinstance(tables, dict):
        return []
    rows = [
        {
            "table": name,
            "rows_idc": one.get("rows_idc"),
            "rows_aws": one.get("rows_aws"),
            "explained": one.get("explained") or 0,
            "equal": bool(one.get("equal")),
            "digest": str(one.get("digest") or "")[:12],
        }
        for name, one in tables.items()
        if isinstance(one, dict)
    ]
    return sorted(rows, key=lambda row: (row["equal"], row["table"]))


def _evidence(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for item in items:
        if item["id"] not in _DATA:
            continue
        for host in item["hosts"]:
            for task in host["evidence"]:
                found = task.get("evidence")
                if isinstance(found, dict) and task["outcome"] in {"ok", "changed"}:
                    yield host["host"], item["id"], found


def _both(value: object) -> dict[str, str]:
    if isinstance(value, dict):
        return {"en": str(value.get("en") or ""), "ko": str(value.get("ko") or value.get("en") or "")}
    return {"en": str(value or ""), "ko": str(value or "")}
