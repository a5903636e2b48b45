"""Finds out whether an archive that lies there already covers the record as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.archive import gather, place, secrets
from rollback_runner.archive import make as making
from rollback_runner.archive import verify as proving
from rollback_runner.archive.manifest import File

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.approval.signers import Signers

    from rollback_runner.archive.make import Asked
    from rollback_runner.archive.verify import Proof

# What changes by being watched, told or archived, and nobody would make a new archive for.
_MOVES = ("incident/figures/", "incident/messages.jsonl", "incident/deliveries.jsonl", "incident/facts/archive.",
          "incident/documents/", "incident/report")  # fmt: skip


def covering(asked: Asked, signers: Signers, own_run: str = "") -> Proof | None:
    """Return the proof of the newest archive when it covers everything but the run ``own_run``, which still goes on.

    Raises as reading the record does; an archive that is not proven covers nothing.
    """
    kept = place.of_incident(asked.directory, asked.site, asked.incident.name)
    if not kept:
        return None
    proof = proving.verify(kept[-1], signers)
    if not proof.good or proof.manifest is None:
        return None
    sealed = {file.name: (file.sha256, file.size) for file in proof.manifest.files}
    return proof if _same(sealed, _now(asked), own_run) else None


def _now(asked: Asked) -> dict[str, tuple[str, int]]:
    found = gather.gather(asked.home, asked.site, asked.incident)
    search = secrets.Search(secrets.load([*asked.secret_files, *found.secret_files]))
    told = (making.taken(source, search)[1] for source in found.sources)
    return {one.name: (one.sha256, one.size) for one in told if isinstance(one, File)}


def _same(sealed: Mapping[str, tuple[str, int]], now: Mapping[str, tuple[str, int]], own_run: str) -> bool:
    def counts(name: str) -> bool:
        return not name.startswith(_MOVES) and not (own_run and name.startswith(f"runs/{own_run}/"))

    # A file too large to be held is compared by its size alone: its digest is only known once it is packed.
    return {name for name in sealed if counts(name)} == {name for name in now if counts(name)} and all(
        sealed[name] == told or (not told[0] and sealed[name][1] == told[1])
        for name, told in now.items()
        if counts(name)
    )
