"""The doctor enters a MySQL server by the login of a run: the certificate is judged before any password is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError
from failback.mysql import Login, Server

from rollback_runner.site import applications
from rollback_runner.site.doctor import mysql

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair

VOUCH = "shows a certificate that the site's ca_file does not vouch for"


def test_a_certificate_of_the_sites_authority_is_well(pair: mysql_pair.Pair) -> None:
    said = mysql.login(pair.idc.login_dict(), "db_idc", ["shop"])
    assert said.endswith("read_only 1, rr_admin has the privileges it needs")


def test_a_foreign_certificate_is_refused_as_a_run_refuses_it(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong\n", encoding="utf-8")
    foreign = {"ca_file": pair.idc.login_dict()["ca_file"]}
    # A wrong password makes no difference: the server was never told it.
    for server in (pair.rds.login_dict() | foreign, pair.rds.login_dict() | foreign | {"password_file": str(wrong)}):
        with pytest.raises(ConfigError, match=VOUCH) as run:
            Server.connect(Login.from_dict(server, "db_aws"), name="db_aws")
        with pytest.raises(ConfigError, match=VOUCH) as doctor:
            mysql.login(server, "db_aws", ["shop"])
        assert str(doctor.value) == str(run.value)
        with pytest.raises(ConfigError, match=VOUCH):
            applications._database(server | {"schema": "shop"}, "mysql")


def test_a_database_of_an_application_is_told_by_its_tables(pair: mysql_pair.Pair) -> None:
    assert applications._database(pair.rds.login_dict() | {"schema": "shop"}, "mysql").endswith("tables of shop")


def test_a_login_that_fails_names_what_to_correct(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong\n", encoding="utf-8")
    refused = pair.rds.login_dict() | {"password_file": str(wrong)}
    with pytest.raises(
        ValueError, match=r"^db_aws \(rr_admin@.* refuses the login: .*Correct db_aws\.user, or what is"
    ):
        mysql.login(refused, "db_aws", ["shop"])
    with pytest.raises(
        ValueError, match=r" does not answer: .*\. Correct db_aws\.host or db_aws\.port, or bring the s"
    ):
        mysql.login(pair.rds.login_dict() | {"port": 9}, "db_aws", ["shop"])


def test_who_would_be_cut_off_by_the_closed_network_is_told(pair: mysql_pair.Pair) -> None:
    with pair.rds.connect() as session:
        here = session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    server = pair.rds.login_dict()
    with pytest.raises(ValueError, match=rf"RDS sees this machine as {here}, .*; add {here}/32 to aws_keep_sources"):
        mysql.login(server, "db_aws", ["shop"], ["192.0.2.0/24"])
    for keep in ((), [f"{here}/32"]):
        assert mysql.login(server, "db_aws", ["shop"], keep).endswith("rr_admin has the privileges it needs")


def test_another_server_than_is_meant_is_said(pair: mysql_pair.Pair) -> None:
    server = pair.rds.login_dict() | {"server_uuid": pair.idc.uuid.upper()}
    with pytest.raises(ValueError, match=f"this server is {pair.rds.uuid}, the site means {pair.idc.uuid}"):
        mysql.login(server, "db_aws", ["shop"])
