"""The doctor says what is wrong in words, and asks nothing of a site that is not valid."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollback_runner.site import doctor

if TYPE_CHECKING:
    from collections.abc import Mapping

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "command" / "site"


def broken(*_arguments: object) -> str:
    raise OSError(113, "No route to host")


def well(*_arguments: object) -> str:
    return "answers"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    copy = tmp_path / "site"
    shutil.copytree(FIXTURE, copy)
    for name in ("_ssh", "_mysql", "_aws", "_dns", "_route53"):
        monkeypatch.setattr(doctor, name, well)
    return copy


def findings(directory: Path) -> Mapping[str, tuple[bool, str]]:
    return {found.what: (found.well, found.said) for found in doctor.examine(str(directory))}


def test_every_part_of_a_site_is_looked_at(directory: Path) -> None:
    found = findings(directory)
    for what in (
        "load balancer socket on idc-lb1",
        "MySQL db_idc of shop-db",
        "MySQL db_aws of shop-db",
        "AWS API for shop-db",
        "DNS key (rfc2136)",
    ):
        assert found[what] == (True, "answers")
    assert found["secret file"][0] is False


def test_a_part_that_does_not_answer_does_not_stop_the_others(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_mysql", broken)
    found = findings(directory)
    assert found["MySQL db_aws of shop-db"] == (False, "[Errno 113] No route to host")
    assert found["DNS key (rfc2136)"][0]


def test_a_proxy_that_only_the_shell_has_is_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ["HTTPS_PROXY"] = "http://kim:hunter2@proxy:3128"
    well, said = findings(directory)["way out"]
    assert not well
    assert "set site_https_proxy" in said
    assert "hunter2" not in said
    shared = directory / "group_vars" / "all.yml"
    text = shared.read_text(encoding="utf-8")
    shared.write_text(f"site_https_proxy: http://proxy:3128\n{text.removeprefix('---')}", encoding="utf-8")
    assert "way out" not in findings(directory)


def test_a_profile_that_is_not_there_is_said(tmp_path: Path) -> None:
    file = tmp_path / "aws"
    file.write_text("[other]\naws_access_key_id = 1%2\n", encoding="utf-8")
    said = {"aws_profile": "shop", "aws_credentials_file": str(file)}
    with pytest.raises(ValueError, match="has no profile shop: correct aws_profile"):
        doctor._aws(said)
    with pytest.raises(ValueError, match=r"the profile other in .* has no aws_secret_access_key"):
        doctor._aws({**said, "aws_profile": "other"})


ALL_ON_IDC = "GRANT SELECT, RELOAD, PROCESS, REPLICATION CLIENT, ALTER, EVENT ON *.* TO `rr_admin`@`%`"
DYNAMIC = "GRANT CONNECTION_ADMIN,REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `rr_admin`@`%`"


def test_what_the_account_may_do_is_read_not_tried() -> None:
    assert doctor.lacking([ALL_ON_IDC, DYNAMIC], "db_idc", ["shop"]) == []
    found = doctor.lacking([ALL_ON_IDC.replace(", EVENT", "")], "db_idc", ["shop"])
    assert "enable events in shop: GRANT EVENT ON shop.*" in found
    assert any("SYSTEM_VARIABLES_ADMIN" in text for text in found)
    assert any("CREATE USER" in text for text in doctor.lacking([ALL_ON_IDC, DYNAMIC], "db_aws", ["shop"]))


def test_a_zone_that_is_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="has no entry route53"):
        doctor._route53(None, [])


def test_a_site_that_is_not_valid_is_not_contacted(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_carry_out", broken)
    (directory / "group_vars" / "service.yml").unlink()
    found = findings(directory)
    assert "site" in found
    assert not found["site"][0]


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    missing = tmp_path / "secrets" / "repl"

    def look() -> str:
        return missing.read_text(encoding="utf-8")

    found = doctor._carry_out(("MySQL", look))
    assert not found.well
    assert found.said == f"{missing} cannot be read (No such file or directory)."
