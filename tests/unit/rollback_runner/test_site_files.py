"""Which of a site's own files approvals cover: what is filled in, walked or locked away, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import planned
import pytest

from rollback_runner.content import ROOT
from rollback_runner.errors import SiteError
from rollback_runner.plan import changes, site_files

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.site.site import Site

VAULT = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Site:
    files = {
        "hosts.yml": "all: {}\n",
        "answers.yml": "site: shop\n",
        "README.md": "# a page\n",
        ".hidden": "x",
        "allowed_signers": "kim ssh-ed25519 AAAA\n",
        "group_vars/all.yml": "# a comment\n",
        "group_vars/vault.yml": VAULT,
        "journeys/shop.yml": "[]\n",
        "templates/app.json.j2": "{}\n",
        "keys/tsig": "secret\n",
    }
    for name, text in files.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text, encoding="utf-8")
    (tmp_path / "other.j2").write_text("{}\n", encoding="utf-8")
    made = planned.site(
        directory=str(tmp_path / "site"),
        site_approvals={"signers_file": str(tmp_path / "site" / "allowed_signers")},
        app_config_template=str(ROOT / "lab" / "templates" / "app.json.j2"),
        lb_template=str(tmp_path / "other.j2"),
    )
    return replace(made, secret_files=(str(tmp_path / "site" / "keys" / "tsig"),))


def test_what_is_filled_in_walked_or_locked_away_counts(site: Site) -> None:
    assert list(site_files.digests(site)) == [
        "$PROJECT/lab/templates/app.json.j2",
        "$SITE/group_vars/vault.yml",
        "$SITE/journeys/shop.yml",
        "$SITE/templates/app.json.j2",
        "other.j2",
    ]


@pytest.mark.parametrize("name", ["journeys/shop.yml", "templates/app.json.j2", "group_vars/vault.yml"])
def test_one_byte_of_them_lets_approvals_fall_and_is_named(site: Site, name: str) -> None:
    before = planned.content(site, files=site_files.digests(site))
    with (site.directory / name).open("a", encoding="utf-8") as stream:
        stream.write(" ")
    found = changes.of_content(before, planned.content(site, files=site_files.digests(site)))
    assert [(one.key, one.harmless) for one in found] == [(f"file:$SITE/{name}", False)]
    assert f"$SITE/{name}" in found[0].sentence["ko"]


@pytest.mark.parametrize("name", ["group_vars/all.yml", "README.md", "answers.yml", "keys/tsig", "allowed_signers"])
def test_what_changes_nothing_that_is_done_does_not_count(site: Site, name: str) -> None:
    before = site_files.digests(site)
    with (site.directory / name).open("a", encoding="utf-8") as stream:
        stream.write(" ")
    assert site_files.digests(site) == before


def test_a_file_that_cannot_be_read_is_one_sentence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refused)
    with pytest.raises(SiteError, match="cannot be read, so it is not known what would be done: Permission denied"):
        site_files.digests(site)
