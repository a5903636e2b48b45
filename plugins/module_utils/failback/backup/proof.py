"""The proof that a backup can be restored: what a drill did, found and measured, one file each, sealed by a digest.

``DIRECTORY/HOST/<moment>-<source>.json``. Times are seconds, sizes bytes, moments UTC.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from failback.backup import shelf
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMAT = "rollback-runner backup proof 1"


@dataclass(frozen=True)
class Proof:
    """One drill of one backup. ``compared`` says with what: digests, manifest (its rows) or counts."""

    host: str
    source: str
    url: str
    digest: str
    format: str
    bytes: int
    taken_at: str
    gtid: str
    proven_at: str
    run: str
    by: str
    place: str  # the Docker host
    server_version: str
    passed: bool
    compared: str = ""
    tables: int = 0
    rows: int = 0
    differences: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)  # start, restore, compare, and each stage
    problem: str = ""

    @property
    def restore_seconds(self) -> float:
        """How long the restore itself took."""
        return float(self.seconds.get("restore", 0.0))

    @property
    def rows_per_second(self) -> float:
        """The rate, over all stages."""
        return round(self.rows / self.restore_seconds, 1) if self.restore_seconds else 0.0

    @property
    def bytes_per_second(self) -> float:
        """The rate, in bytes of the backup as it lies there."""
        return round(self.bytes / self.restore_seconds, 1) if self.restore_seconds else 0.0


def save(directory: Path, proof: Proof) -> Path:
    """Write a proof. Raises FailbackError."""
    moment = proof.proven_at.replace("-", "").replace(":", "").partition("+")[0].partition(".")[0]
    name = f"{moment}Z-{shelf.word(proof.source)}.json"
    path = directory / shelf.word(proof.host) / name
    content = asdict(proof)
    shelf.write(path, {"format": FORMAT, "sha256": _seal(content), "proof": content})
    return path


def read_all(directory: Path, host: str) -> tuple[list[Proof], list[str]]:
    """Read every proof of a database, the oldest first; and which files are none, each with the reason."""
    found: list[Proof] = []
    strange: list[str] = []
    for path in sorted((directory / shelf.word(host)).glob("*.json")):
        try:
            whole = json.loads(path.read_text(encoding="utf-8"))
            content = whole["proof"]
            if whole["format"] != FORMAT or whole["sha256"] != _seal(content):
                strange.append(f"{path} was changed since it was written, or is no proof of this version")
                continue
            content["differences"] = tuple(content["differences"])
            found.append(Proof(**content))
        except (OSError, ValueError, KeyError, TypeError) as error:
            strange.append(f"{path} is no proof ({error})")
    return sorted(found, key=lambda proof: proof.proven_at), strange


def last(proofs: Iterable[Proof], source: str) -> Proof | None:
    """Give the newest proof of a source."""
    return max((one for one in proofs if one.source == source), key=lambda one: one.proven_at, default=None)


def _seal(content: Mapping[str, Any]) -> str:
    """Digest of the content in its one spelling."""
    try:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise FailbackError(f"bug: a proof holds what JSON cannot: {error}") from error
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
