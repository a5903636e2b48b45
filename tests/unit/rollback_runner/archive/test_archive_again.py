"""The record is sealed once more when a run or an incident is over; nothing that fails there holds anything up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from failback import incident as incidents
from failback import journal
from failback.errors import FailbackError
from shelf_of_tests import Shelf, end

from rollback_runner.archive import place, sealing, verify
from rollback_runner.cli import incident as command
from rollback_runner.cli import root
from rollback_runner.run.aside import Aside
from rollback_runner.site.site import Site

if TYPE_CHECKING:
    from pathlib import Path


def site_of(kept: Shelf, **archive: str) -> Site:
    shared: dict[str, Any] = {
        "site_approvals": {"signers_file": str(kept.keys / "allowed_signers")},
        "site_archive": {"signer": "kim", "key_file": str(kept.keys / "kim"), "directory": str(kept.out)} | archive,
    }
    return Site(
        name="lab",
        directory=kept.home,
        titles={"en": "Lab", "ko": "랩"},
        critical=False,
        strategy="switch-first",
        budgets={},
        timezone="UTC",
        groups={"service": ("lab",)},
        variables={"lab": shared},
        secret_files=(str(kept.secret_file),),
    )


def archives(kept: Shelf) -> list[Path]:
    return place.of_incident(kept.out, "lab", kept.incident.name)


def test_a_run_that_was_sealed_while_it_went_on_is_sealed_again_with_its_end(kept: Shelf) -> None:
    (kept.run / "report.json").unlink()
    first = sealing.again(site_of(kept), kept.home, kept.incident)
    assert first is not None
    told = verify.verify(first[0], kept.signers).manifest
    assert told is not None
    assert told.going_on == (kept.run.name,)
    end(kept.run, kept.incident)
    journal.append(kept.incident / "people.jsonl", "close", by="lee", note="over")
    _older(archives(kept)[0])
    second = sealing.again(site_of(kept), kept.home, kept.incident)
    assert second is not None
    proof = verify.verify(second[0], kept.signers)
    assert proof.good
    assert proof.manifest is not None
    assert proof.manifest.going_on == ()
    assert sealing.again(site_of(kept), kept.home, kept.incident) == second, "it covers the record, so none is made"
    assert len(archives(kept)) == 2


def _older(path: Path) -> None:
    """Give an archive an older moment in its name: two in one second would have the same."""
    path.rename(path.with_name(f"lab-{path.name.split('-')[1]}-20260101T000000Z{place.SUFFIX}"))


@pytest.mark.parametrize("archive", [{"signer": ""}, {"key_file": ""}])
def test_where_sealing_is_peoples_nothing_is_sealed(kept: Shelf, archive: dict[str, str]) -> None:
    assert sealing.again(site_of(kept, **archive), kept.home, kept.incident) is None
    assert archives(kept) == []


def test_a_key_that_is_not_the_signers_leaves_no_archive_and_stops_nothing(kept: Shelf) -> None:
    other = kept.key("choi")
    wrong = site_of(kept, key_file=str(other))
    with pytest.raises(FailbackError, match="it was taken away"):
        sealing.again(wrong, kept.home, kept.incident)
    assert archives(kept) == []
    said: list[str] = []
    Aside(wrong, kept.home, kept.incident, said.append).seal()
    assert [line.startswith("archive: the archive does not prove") for line in said] == [True]


@pytest.mark.parametrize("broken", [False, True])
def test_closing_an_incident_seals_its_last_word(kept: Shelf, monkeypatch: pytest.MonkeyPatch, *, broken: bool) -> None:
    site = site_of(kept, key_file=str(kept.keys / "nowhere")) if broken else site_of(kept)
    monkeypatch.setenv("RR_HOME", str(kept.home))
    monkeypatch.setattr(command.sites, "load", lambda _name, **_: site)
    done = CliRunner().invoke(root, ["incident", "--lang", "en", "close", "--reason", "over"])
    assert done.exit_code == 0, done.output
    assert incidents.current(kept.home, "lab") is None
    found = archives(kept)
    assert len(found) == (0 if broken else 1)
    if not broken:
        assert f"archive: {found[0]} (sha256 " in done.output
        names = [file.name for file in verify.verify(found[0], kept.signers).manifest.files]  # type: ignore[union-attr]
        assert "incident/people.jsonl" in names
    else:
        assert "archive: " in done.output
