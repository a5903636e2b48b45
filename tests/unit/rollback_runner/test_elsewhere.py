"""A command finds the site's store by the site's files; without one it costs nothing, with a silent one none acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback import lock

from rollback_runner.errors import RecordError, UsageError
from rollback_runner.record import elsewhere, founding
from rollback_runner.record import store as records
from rollback_runner.site import inventory
from rollback_runner.site.doctor import store as doctor_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str], str]


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "_PLACES", {})
    for name in ("RR_STORE", elsewhere.WITHOUT):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a site with these lines, and return where it is."""

    def make(lines: str) -> str:
        site = tmp_path / "site"
        (site / "group_vars").mkdir(parents=True)
        (site / "hosts.yml").write_text(
            "all:\n  hosts:\n    ops1: {ansible_host: 192.0.2.7, ansible_user: ops, ansible_port: 2222,"
            " ansible_ssh_private_key_file: /k, ansible_ssh_common_args: -o IdentitiesOnly=yes}\n"
        )
        (site / "group_vars" / "all.yml").write_text(f"site_name: shop\n{lines}\n")
        return str(site)

    return make


def test_a_site_without_a_store_is_not_even_asked_of_ansible(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_directory: Path) -> Any:
        raise AssertionError("ansible-inventory was started")

    monkeypatch.setattr(inventory, "read", never)
    assert elsewhere.find(write("# site_store: {kind: ssh}"), tmp_path) is None
    assert elsewhere.find("no/such/site", tmp_path) is None


def test_rr_home_as_a_store_is_none(write: Write, tmp_path: Path) -> None:
    assert elsewhere.find(write("site_store: {kind: directory}"), tmp_path) is None


def test_a_host_of_the_inventory_brings_what_reaches_it(write: Write, tmp_path: Path) -> None:
    place = elsewhere.find(write("site_store: {kind: ssh, host: ops1, directory: /srv/rr}"), tmp_path)
    assert place is not None
    assert place.store.where == "ops@192.0.2.7:/srv/rr/shop"
    assert (place.settings.port, place.settings.key_file) == (2222, "/k")
    assert place.settings.ssh_args == "-o IdentitiesOnly=yes"


def test_a_store_that_makes_no_sense_is_named_with_its_site(write: Write, tmp_path: Path) -> None:
    site = write("site_store: {kind: s3}")
    with pytest.raises(UsageError, match=r"site: site_store\.bucket is missing"):
        elsewhere.find(site, tmp_path)
    [(what, look)] = list(doctor_store.checks(site))
    assert what == "store"
    with pytest.raises(ValueError, match="bucket"):
        look()


def test_a_silent_store_is_said_and_nothing_may_act(write: Write, tmp_path: Path) -> None:
    site = write(f"site_store: {{kind: directory, directory: {tmp_path}/there}}")
    said: list[str] = []
    place = elsewhere.begin(site, tmp_path, said.append)
    assert place is not None
    assert "is not there" in said[0]
    with pytest.raises(RecordError, match="Nothing was done"):
        elsewhere.may_act(tmp_path, "shop")

    (tmp_path / "there").mkdir()
    elsewhere.begin(site, tmp_path, said.append)
    assert "rollback-runner store init" in said[1]
    with pytest.raises(RecordError, match="Nothing was done"):
        elsewhere.may_act(tmp_path, "shop")

    assert founding.make(place, "site", anew=False) == "empty"
    elsewhere.begin(site, tmp_path, said.append)
    elsewhere.may_act(tmp_path, "shop")
    assert lock.seam_marker(records.lock_path(tmp_path, "shop")).exists()
    [(_, look)] = list(doctor_store.checks(site))
    assert "nobody took the lock yet" in look()


def test_going_on_without_it_is_a_persons_word(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = write(f"site_store: {{kind: directory, directory: {tmp_path}/there}}")
    elsewhere.begin(site, tmp_path, lambda _said: None)
    monkeypatch.setenv(elsewhere.WITHOUT, "it burns")
    assert elsewhere.begin(site, tmp_path, lambda _said: None) is None
    elsewhere.may_act(tmp_path, "shop")
    assert not lock.seam_marker(records.lock_path(tmp_path, "shop")).exists()
    lines: list[tuple[str, str]] = []
    elsewhere.tell_without(lambda kind, reason: lines.append((kind, reason)), lambda _said: None)
    assert lines == [("store_lost", "a person goes on without it: it burns")]
