"""The doctor says what is wrong in words, and asks nothing of a site that is not valid."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from failback.errors import ConfigError

from rollback_runner.cli.site import doctor as command
from rollback_runner.site import doctor

if TYPE_CHECKING:
    from collections.abc import Mapping

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "command" / "site"


AWS = {
    "aws_profile": "shop",
    "aws_region": "eu-west-1",
    "aws_endpoint_url": "",
    "aws_db_instance": "shop-prod",
}


def broken(*_arguments: object) -> str:
    raise OSError(113, "No route to host")


def well(*_arguments: object) -> str:
    return "answers"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    copy = tmp_path / "site"
    shutil.copytree(FIXTURE, copy)
    for module, names in (
        (doctor.hosts, ("reach", "reach_on_aws", "balancer")),
        (doctor.mysql, ("login",)),
        (doctor.aws, ("instance",)),
        (doctor.names, ("key", "zone")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, well)
    return copy


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "credentials"
    file.write_text("[shop]\naws_access_key_id = a\naws_secret_access_key = b\n", encoding="utf-8")
    return file


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
    monkeypatch.setattr(doctor.mysql, "login", broken)
    found = findings(directory)
    assert found["MySQL db_aws of shop-db"] == (False, "[Errno 113] No route to host")
    assert found["DNS key (rfc2136)"][0]


def test_a_node_that_may_be_missing_is_excused_with_its_reason(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.hosts, "balancer", broken)
    socket = "load balancer socket on idc-lb1"
    assert not findings(directory)[socket][0]
    file = directory / "group_vars" / "load_balancers.yml"
    with file.open("a", encoding="utf-8") as stream:
        stream.write("\nlb_absent_ok: {idc-lb1: switched off for good}\n")
    assert findings(directory)[socket] == (
        True,
        "[Errno 113] No route to host; it may be missing: switched off for good",
    )


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
    with pytest.raises(ValueError, match="has no profile shop: correct aws_profile"):
        doctor.aws.instance(AWS | {"aws_credentials_file": str(file)})
    with pytest.raises(ValueError, match=r"the profile other in .* has no aws_secret_access_key"):
        doctor.aws.instance(AWS | {"aws_credentials_file": str(file), "aws_profile": "other"})
    file.write_text("no section at all\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is not written as the AWS CLI writes it: correct aws_credentials_file"):
        doctor.aws.instance(AWS | {"aws_credentials_file": str(file)})


def test_credentials_that_cannot_be_read_are_told_with_the_reason(tmp_path: Path) -> None:
    missing = tmp_path / "aws-credentials"
    found = doctor._carry_out(("AWS", lambda: doctor.aws.instance(AWS | {"aws_credentials_file": str(missing)})))
    assert found.said == f"{missing} cannot be read (No such file or directory)."


class _Refusing:
    """An API that answers with one error."""

    def __init__(self, code: str) -> None:
        self._code = code

    def describe_db_instances(self, **_arguments: object) -> object:
        raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "DescribeDBInstances")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("DBInstanceNotFound", "AWS has no instance shop-prod in eu-west-1: correct aws_db_instance or aws_region"),
        ("InvalidClientTokenId", "AWS did not tell of shop-prod: no ({code}): correct the profile shop in {file}"),
        ("AccessDenied", "AWS did not tell of shop-prod: no ({code}): give shop the rights of docs/permissions.md"),
        ("Throttling", "AWS did not tell of shop-prod: no ({code})"),
    ],
)
def test_what_aws_refuses_names_the_variable(
    credentials: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    monkeypatch.setattr(doctor.aws.Account, "client", lambda _account, _service: _Refusing(code))
    variables = AWS | {"aws_credentials_file": str(credentials)}
    found = doctor._carry_out(("AWS", lambda: doctor.aws.instance(variables)))
    assert found.said == said.format(code=code, file=credentials)


def test_an_api_that_is_not_there_names_the_way_to_it(credentials: Path) -> None:
    variables = AWS | {"aws_credentials_file": str(credentials), "aws_endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(ValueError, match=r"^the AWS API does not answer, so it did not tell of shop-prod: ") as error:
        doctor.aws.instance(variables)
    assert str(error.value).endswith(
        ": correct aws_region or aws_endpoint_url, or the way out (site_https_proxy, site_no_proxy)"
    )
    with pytest.raises(ValueError, match="aws_endpoint_url nonsense is no URL"):
        doctor.aws.instance(variables | {"aws_endpoint_url": "nonsense"})


ALL_ON_IDC = "GRANT SELECT, RELOAD, PROCESS, REPLICATION CLIENT, ALTER, EVENT ON *.* TO `rr_admin`@`%`"
DYNAMIC = "GRANT CONNECTION_ADMIN,REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `rr_admin`@`%`"


def test_what_the_account_may_do_is_read_not_tried() -> None:
    assert doctor.mysql.lacking([ALL_ON_IDC, DYNAMIC], "db_idc", ["shop"]) == []
    found = doctor.mysql.lacking([ALL_ON_IDC.replace(", EVENT", "")], "db_idc", ["shop"])
    assert "enable events in shop: GRANT EVENT ON shop.*" in found
    assert any("SYSTEM_VARIABLES_ADMIN" in text for text in found)
    assert any("CREATE USER" in text for text in doctor.mysql.lacking([ALL_ON_IDC, DYNAMIC], "db_aws", ["shop"]))


def test_a_zone_that_is_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="has no entry route53"):
        doctor.names.zone(None, [])


def test_a_zone_that_does_not_answer_names_the_way_to_it(credentials: Path) -> None:
    settings = {
        "zone_id": "Z1",
        "zone": "example.org",
        "endpoint_url": "http://127.0.0.1:9",
        "credentials_file": str(credentials),
        "profile": "shop",
    }
    record = {"name": "www.example.org", "type": "A", "idc": "192.0.2.1", "aws": "192.0.2.2", "provider": "route53"}
    with pytest.raises(
        ValueError, match=r"does not answer reading www\.example\.org.*\. Correct region or endpoint_url"
    ):
        doctor.names.zone(settings, [record | {"ttl": 60}])


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


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_a_ca_file_that_is_none_is_named_before_anybody_is_asked(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    authority = tmp_path / "ca.pem"
    if content:
        authority.write_text(content, encoding="utf-8")
    server = {"host": "192.0.2.1", "user": "rr_admin", "password_file": str(tmp_path / "password")}
    with pytest.raises(ConfigError) as error:
        doctor.mysql.login(server | {"ca_file": str(authority)}, "db_aws", [])
    why = "no certificate is in it" if content else "No such file or directory"
    assert str(error.value) == f"cannot use the CA file {authority}: {why}. Correct ca_file"


def told_by_ssh(monkeypatch: pytest.MonkeyPatch, returncode: int, stderr: str) -> None:
    done = subprocess.CompletedProcess([], returncode, "", stderr)
    monkeypatch.setattr(doctor.hosts.subprocess, "run", lambda *_argv, **_options: done)


def test_a_host_key_that_is_not_on_record_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    told_by_ssh(monkeypatch, 255, "Host key verification failed.\n")
    with pytest.raises(ValueError, match=r"compare what `ssh-keyscan -p 2222 192\.0\.2\.31` prints with /etc/ssh/"):
        doctor.hosts.reach("idc-db1", {"ansible_host": "192.0.2.31", "ansible_port": 2222})
    with pytest.raises(ValueError, match="compare what `ssh-keyscan idc-db1` prints with /etc/ssh/"):
        doctor.hosts.reach("idc-db1", {})


def test_what_fails_on_a_host_is_not_said_of_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told_by_ssh(monkeypatch, 127, "bash: line 1: python3: command not found\n")
    site = {"lb_socket": "/run/s", "lb_backend": "shop", "lb_servers_idc": ["a"], "lb_servers_aws": ["b"]}
    with pytest.raises(ValueError, match=r"^python3 ended with 127 on the host and said: bash: .* command not found$"):
        doctor.hosts.balancer("idc-lb1", site)


def test_hosts_on_aws_are_reached_too(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = directory / "hosts.yml"
    group = "    aws_app_hosts: {hosts: {aws-app1: {ansible_connection: ssh}}}\n"
    hosts.write_text(hosts.read_text(encoding="utf-8") + group, encoding="utf-8")
    assert findings(directory)["SSH to aws-app1"] == (True, "answers")
    monkeypatch.undo()
    told_by_ssh(monkeypatch, 255, "ssh: connect to host aws-app1 port 22: Connection timed out\n")
    with pytest.raises(ValueError, match=r"Connection timed out\).*, or take it out of aws_app_hosts where it is gone"):
        doctor.hosts.reach_on_aws("aws-app1", {})


@pytest.mark.parametrize(
    ("what", "next_step"),
    [
        ("MySQL db_idc of shop-db", "phase prepare -i {site} --check"),
        ("Vercel project of web", "deployment list -i {site}"),
    ],
)
def test_a_green_doctor_says_what_comes_next(monkeypatch: pytest.MonkeyPatch, what: str, next_step: str) -> None:
    found = [doctor.Finding("ssh", well=True, said="found"), doctor.Finding(what, well=True, said="answers")]
    monkeypatch.setattr(doctor, "examine", lambda _name: iter(found))
    site = "inventories/mine"
    done = CliRunner().invoke(command, ["-i", site, "--lang", "en"])
    last = done.output.splitlines()[-1]
    assert last == f"All 2 checks are well. Next: rollback-runner {next_step.format(site=site)}"
    found.append(doctor.Finding("store", well=False, said="gone"))
    assert "Next: correct them from the top" in CliRunner().invoke(command, ["-i", site, "--lang", "en"]).output
