"""Seals the record and proves at once what was sealed; seals it again, unasked, when a run or an incident is over."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from failback.approval import signers
from failback.errors import FailbackError

from rollback_runner.archive import kept, make, place, verify
from rollback_runner.people.room import shared

if TYPE_CHECKING:
    from failback.approval.signers import Signers

    from rollback_runner.archive.make import Asked, Made
    from rollback_runner.archive.verify import Proof
    from rollback_runner.site.site import Site

# What was wrong with the record before it was sealed; everything else is wrong with the archive.
_OF_THE_RECORD = frozenset({"journal", "cut"})


def seal(asked: Asked, trusted: Signers) -> tuple[Made, Proof]:
    """Make an archive and prove it as somebody elsewhere would. Raises FailbackError; none is left that does not prove.

    A journal that did not hold together before is sealed as it is, and told by the proof.
    """
    made = make.make(asked)
    proof = verify.verify(made.path, trusted)
    wrong = [one for one in proof.problems if one.kind not in _OF_THE_RECORD]
    if wrong:
        with suppress(OSError):
            made.path.unlink()
        raise FailbackError(
            f"the archive does not prove ({wrong[0].kind}: {wrong[0].what} {wrong[0].why}); it was taken away."
            " Check that site_archive.signer has this key in the signers file"
        )
    return made, proof


def again(site: Site, home: Path, incident: Path) -> tuple[Path, str] | None:
    """Seal the record as it stands, where the site names a signer that needs nobody; return the file and its digest.

    An archive that covers the record already is returned as it is; None where the site leaves sealing to people.
    Raises as `seal` does.
    """
    given = shared(site)
    named = given.get("site_archive") or {}
    signer, key = str(named.get("signer") or ""), str(named.get("key_file") or "")
    trusted_file = str((given.get("site_approvals") or {}).get("signers_file") or "")
    if not (signer and key and trusted_file):
        return None
    trusted = signers.read(trusted_file)
    directory = Path(named["directory"]).expanduser() if named.get("directory") else place.folder(home, site.name)
    sign = make.signed_with(key, ask=False)
    asked = make.Asked(home, site.name, incident, directory, signer, sign, site.secret_files)
    covered = kept.covering(asked, trusted)
    if covered is not None:
        return covered.path, covered.sha256
    made, _proof = seal(asked, trusted)
    return made.path, made.sha256
