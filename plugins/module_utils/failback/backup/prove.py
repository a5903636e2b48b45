"""Proves a backup: restores it into a scratch server, compares what came of it, measures, and keeps the proof."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback.backup import place as places
from failback.backup import proof as proofs
from failback.backup.look import look
from failback.backup.proof import Proof
from failback.compare import manifest_run
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.mysql import Server
from failback.restore import engine, scratch
from failback.restore.context import Options
from failback.restore.recognise import read_backup
from failback.restore.verify_manifest import load, read_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from failback.backup.model import Look
    from failback.backup.place import Place
    from failback.compare.manifest import TableEntry
    from failback.mysql import Login
    from failback.restore.model import Source
    from failback.restore.progress import Progress
    from failback.restore.verify_facts import Expected
    from failback.restore.verify_manifest import Manifest

_MOST = 50  # differences that are kept
_GROWTH = 2.5  # restored data against the backup's bytes, as in the judgement of room for the real restore
_JSON = re.compile(r"\sjson\b", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """What to prove, where, and what to keep it under. ``only`` is the name of a source; "": the first sound one."""

    site: str
    host: str
    sources: Sequence[Mapping[str, Any]]
    opener: Callable[[str], Source]
    expected: Expected
    place: Place
    image: str
    directory: Path
    only: str = ""
    options: tuple[str, ...] = ()
    run: str = ""
    by: str = ""


@dataclass
class Proven:
    """What came of it: the proof, leftovers of a killed drill that were removed first, and why ours still stands."""

    proof: Proof
    look: Look
    swept: list[str] = field(default_factory=list)
    left: str = ""


def prove(order: Order, progress: Progress | None = None) -> Proven:
    """Do it. A backup that does not restore, or not whole, is a proof that did not pass, never an exception.

    Raises ConfigError for what cannot be meant, RefusedError when no backup is sound, there is no room, or another
    drill is at work, and FailbackError when there is no scratch server to be had or it or the backup went out of reach:
    that says nothing of the backup, and no proof is kept.
    """
    wanted = _wanted(order)
    if not order.image:
        raise ConfigError("backup_scratch_image is empty: name an image with mysqld in it that is on the Docker host")
    with places.alone(order.directory, order.host):
        prefix = places.stem(order.site, order.host, order.directory)
        passwords = order.directory / "scratch"
        passwords.mkdir(parents=True, exist_ok=True, mode=0o700)
        swept = places.sweep(order.place, prefix, passwords)
        found, chosen = _sound(order, wanted)
        name = f"{prefix}{os.getpid()}"
        begun = time.monotonic()
        try:
            made = scratch.make(
                name,
                order.image,
                passwords,
                run=order.place.run,
                options=order.options,
                address=order.place.address,
            )
            started = round(time.monotonic() - begun, 3)
            _room(order, found, name)
            proof = _prove(order, found, chosen, made.login, progress)
            proof = replace(proof, seconds={"start": started, **proof.seconds, "verify": found.seconds})
            proofs.save(order.directory, proof)  # before the removal, which may take long and fail
        finally:
            left = _tidied(order, prefix, passwords)
        return Proven(proof, found, swept, left)


def _tidied(order: Order, prefix: str, passwords: Path) -> str:
    """Remove the scratch server; what does not go hides no proof and no error, and is removed by the next drill."""
    try:
        places.sweep(order.place, prefix, passwords)
    except FailbackError as error:
        return f"the scratch server on {order.place.name} was not removed: {error}"
    return ""


def _room(order: Order, found: Look, name: str) -> None:
    """Refuse to fill the Docker host's disk, which other containers share. Raises RefusedError."""
    free, needed = scratch.free(name, run=order.place.run), found.bytes * _GROWTH
    if free is not None and free < needed:
        raise RefusedError(
            f"there is no room on {order.place.name} to restore {found.name}: its containers have {free / 1e9:.1f} GB"
            f" left, and about {needed / 1e9:.1f} GB are needed. Make room there, or name another backup_scratch_host"
        )


def _wanted(order: Order) -> list[Mapping[str, Any]]:
    names = [str(one["name"]) for one in order.sources]
    if not names:
        raise ConfigError("backup_sources is empty: there is no backup to prove")
    if order.only and order.only not in names:
        raise ConfigError(f"there is no backup {order.only!r} on {order.host}; there are: {', '.join(names)}")
    return [one for one in order.sources if not order.only or one["name"] == order.only]


def _sound(order: Order, wanted: Sequence[Mapping[str, Any]]) -> tuple[Look, Mapping[str, Any]]:
    """Read the sources in their order until one is sound. Raises RefusedError with every reason."""
    reasons = []
    for one in wanted:
        found = look(one, order.opener, order.expected)
        if found.sound:
            return found, one
        reasons.append(f"{found.name} ({found.url}): {found.problem}")
    raise RefusedError(f"no backup is sound, so none was restored: {'; '.join(reasons)}")


def _prove(order: Order, found: Look, chosen: Mapping[str, Any], login: Login, progress: Progress | None) -> Proof:
    proof = Proof(
        host=order.host,
        source=found.name,
        url=found.url,
        digest=found.digest,
        format=found.format,
        bytes=found.bytes,
        taken_at=found.taken_at,
        gtid=found.gtid,
        proven_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run=order.run,
        by=order.by,
        place=order.place.name,
        server_version="",
        passed=False,
    )
    try:
        with Server.connect(login, name="the scratch server") as server:
            proof = replace(proof, server_version=server.text("SELECT @@version"))
        source = order.opener(found.url)
        default = order.expected.schemas[0] if len(order.expected.schemas) == 1 else ""
        backup = read_backup(source, default_schema=default)
        options = Options(digest=found.digest, read_only=False, set_gtid=False)
        restored = engine.restore(login, backup, options, progress)
        stages = {
            name: round(float(str(stage.evidence.get("seconds") or 0)), 3) for name, stage in restored.stages.items()
        }
        proof = replace(proof, seconds={"restore": restored.seconds, **stages})
        begun = time.monotonic()
        schemas = sorted({table.schema for table in backup.tables})
        entries = manifest_run.build(login, schemas, name="the scratch server").tables
        proof = _compared(proof, found, _manifest(order, source, chosen), entries, _earlier(order, found))
        proof = _explained(proof, {table.label for table in backup.tables if _JSON.search(table.create)})
        compare = round(time.monotonic() - begun, 3)
        return replace(proof, seconds={**proof.seconds, "compare": compare})
    except (ConfigError, UnreachableError):
        raise
    except FailbackError as error:
        return replace(proof, passed=False, problem=str(error))


def _explained(proof: Proof, with_json: set[str]) -> Proof:
    """Say of a table with JSON why its digest may differ: decimals in it come out of any text backup as doubles."""
    hint = "; it has JSON, whose decimals come out of a text backup as doubles (8.9770 as 8.977)"
    told = tuple(
        f"{one}{hint}" if ": the digest" in one and one.partition(":")[0] in with_json else one
        for one in proof.differences
    )
    return replace(proof, differences=told)


def _manifest(order: Order, source: Source, chosen: Mapping[str, Any]) -> Manifest | None:
    where = str(chosen.get("manifest") or "")
    return load(order.opener(where), where) if where else read_beside(source)


def _earlier(order: Order, found: Look) -> Proof | None:
    """Find the proof of another backup of the same position: both must hold the same rows."""
    known, _ = proofs.read_all(order.directory, order.host)
    same = [one for one in known if one.passed and one.gtid and one.gtid == found.gtid and one.digest != found.digest]
    return same[-1] if same else None


def _compared(
    proof: Proof, found: Look, manifest: Manifest | None, entries: Mapping[str, TableEntry], earlier: Proof | None
) -> Proof:
    """Compare what was restored, table by table, with the manifest's rows and digests, else with what was counted."""
    rows = {label: entry.sums.rows for label, entry in entries.items()}
    digests = {label: entry.sums.digest for label, entry in entries.items()}
    wanted, what = dict(found.rows), "the backup holds"
    for label in found.uncounted:
        wanted.pop(label, None)
    compared = "counts"
    if manifest is not None and manifest.rows:
        wanted, what, compared = {**wanted, **manifest.rows}, "its manifest says", "manifest"
    differences = [
        f"{label}: {rows.get(label, 0)} rows were restored, {what} {count}"
        for label, count in sorted(wanted.items())
        if rows.get(label, 0) != count
    ]
    differences += [f"{label}: was not restored" for label in sorted(set(wanted) - set(rows))]
    if manifest is not None and manifest.digests:
        compared = "digests"
        differences += [
            f"{label}: the digest of its rows is not that of the manifest"
            for label, digest in sorted(manifest.digests.items())
            if digests.get(label) != digest
        ]
    if earlier is not None:
        differences += [
            f"{label}: its rows are not those of {earlier.source}, which was taken at the same position"
            for label, digest in sorted(earlier.digests.items())
            if label in digests and digests[label] != digest
        ]
    return replace(
        proof,
        passed=not differences,
        compared=compared,
        tables=len(entries),
        rows=sum(rows.values()),
        digests=digests,
        differences=tuple(differences[:_MOST]),
    )
