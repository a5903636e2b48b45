"""What is worked out without a server: what to look at, what an answer means, and what gives what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from failback.access import host_look, iam, mysql_look, mysql_needs, paths
from failback.access.host_agent import _servers
from failback.access.model import Path, Seen, Words
from failback.access.mysql_path import _ROLES
from failback.access.ports_agent import _question
from failback.access.site import Site
from failback.errors import ConfigError


@pytest.mark.parametrize(
    ("argv", "container"),
    [
        (["docker", "kill", "--signal", "HUP", "shop"], "shop"),
        (["/usr/bin/docker", "exec", "-u", "root", "-i", "lb", "haproxy", "-c"], "lb"),
        (["docker", "container", "exec", "lb", "true"], "lb"),
        (["docker", "compose", "restart", "shop"], ""),
        (["sudo", "docker", "kill", "shop"], ""),
        (["systemctl", "reload", "haproxy"], ""),
        ([], ""),
    ],
)
def test_the_container_of_a_command_is_read_where_it_can_be(argv: list[str], container: str) -> None:
    assert host_look.named_container(argv) == container


@pytest.mark.parametrize(
    ("argv", "user", "command"),
    [
        (["sudo", "systemctl", "reload", "haproxy"], "root", "systemctl reload haproxy"),
        (["sudo", "-n", "-u", "deploy", "-g", "web", "make", "a b"], "deploy", "make 'a b'"),
    ],
)
def test_a_sudo_command_is_taken_apart(argv: list[str], user: str, command: str) -> None:
    assert host_look.behind_sudo(argv) == (user, command)


@pytest.mark.parametrize(
    ("owner", "command"),
    [
        ({"ours": True, "group": "ops", "mode": "0755"}, "chmod g+rwx /etc/x"),
        ({"ours": False, "group": "web", "mode": "0775"}, "usermod -aG web ops"),
        ({"ours": False, "group": "web", "mode": "0755"}, "setfacl -m u:ops:rwx /etc/x"),
        ({"ours": False, "group": "root", "mode": "0775"}, "setfacl -m u:ops:rwx /etc/x"),
        ({"problem": "No such file or directory"}, "mkdir -p /etc/x && chown ops /etc/x"),
    ],
)
def test_a_directory_is_opened_without_taking_it_from_anybody(owner: dict[str, Any], command: str) -> None:
    assert host_look.opens("/etc/x", owner, "ops", "rwx").partition(";")[0] == command


def test_what_is_looked_at_on_a_host_follows_from_the_inventory() -> None:
    hosts = {
        "db1": {"service_containers": [{"hosts": "database_hosts", "container": "{host}-mysql", "name": "mysql"}]},
        "pair": {
            "db_idc_host": "db1",
            "db_container": "db1-mysql",
            "db_replication": {"ca_file": "/etc/mysql/ca.pem"},
            "backup_sources": [{"url": "ssh://db1/var/backups"}, {"url": "ssh://other/x"}, {"url": "s3://b/p"}],
        },
    }
    wanted = host_look.request(Site(hosts, {"database_hosts": ("db1",), "databases": ("pair",)}), "db1")
    assert wanted["containers"] == ["db1-mysql"]
    assert wanted["folders"] == ["/var/backups"]
    assert wanted["in_container"] == [{"container": "db1-mysql", "path": "/etc/mysql/ca.pem"}]


def test_an_unknown_strategy_is_an_error() -> None:
    with pytest.raises(ConfigError, match="must be one of"):
        Site({"db": {"site_strategy": "hope-first"}}, {}).way("db")


@pytest.mark.parametrize(
    ("address", "split"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5300", ("192.0.2.1", 5300)),
        ("[2001:db8::1]:5300", ("2001:db8::1", 5300)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("ns1.example.org", ("ns1.example.org", 53)),
    ],
)
def test_addresses_of_name_servers_are_read(address: str, split: tuple[str, int]) -> None:
    assert paths._split(address) == split


@pytest.mark.parametrize(
    "answer", ["refused", "filtered", "unreachable", "no_name", "certificate", "large_packets", "silent"]
)
def test_each_failure_of_a_path_has_a_sentence_and_a_next_step(answer: Any) -> None:
    path = Path("a", "b", "192.0.2.1", 3306, "mysql", ("IDC-01",), Words("w", "말"))
    found = paths.judge(path, Seen(answer, 1.5, "said"))
    assert found is not None
    assert found.key == "path:a:b:3306"
    assert "192.0.2.1:3306" in found.sentence
    assert found.next_step


def test_front_doors_with_https_are_verified_by_their_name() -> None:
    door = {"name": "lb", "url": "https://192.0.2.31", "host_header": "www.example.org:443", "ca_file": "ca.pem"}
    site = Site({"shop": {"service_front_doors": [door]}}, {"service": ("shop",)})
    only = paths.of_service(site, "shop")[0]
    assert (only.kind, only.port, only.server_name, only.ca_file) == ("tls", 443, "www.example.org", "ca.pem")


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        ("arn:aws:iam::1:user/rr", "arn:aws:iam::1:user/rr"),
        ("arn:aws:sts::1:assumed-role/fail-back/session", "arn:aws:iam::1:role/fail-back"),
        ("arn:aws-cn:sts::1:assumed-role/r/s", "arn:aws-cn:iam::1:role/r"),
    ],
)
def test_a_session_is_simulated_as_its_role(arn: str, principal: str) -> None:
    assert iam.principal_of(arn) == principal


def account(*lines: str, version: str = "8.4.3", with_roles: tuple[str, ...] = (), **more: Any) -> mysql_look.Account:
    return mysql_look.Account("t", "%", version, lines, with_roles or lines, **more)


def test_all_privileges_and_partial_revokes_are_understood() -> None:
    everything = account("GRANT ALL PRIVILEGES ON *.* TO `t`@`%` WITH GRANT OPTION")
    assert mysql_look.missing(everything, mysql_needs.RDS, ["shop"]) == []
    assert mysql_look.missing(everything, mysql_needs.IDC, ["shop"]) == []
    revoked = account("GRANT SHOW VIEW, TRIGGER ON *.* TO `t`@`%`", "REVOKE TRIGGER ON `shop`.* FROM `t`@`%`")
    found = {
        (one.privilege, one.schema) for one in mysql_look.missing(revoked, mysql_needs.RDS[-2:], ["shop", "other"])
    }
    assert found == {("TRIGGER", "shop")}


def test_the_name_of_a_privilege_is_the_servers_own() -> None:
    definer = next(need for need in mysql_needs.IDC if need.when)
    assert mysql_look.privilege_for(definer, "8.0.36") == "SET_USER_ID"
    assert mysql_look.privilege_for(definer, "8.4.3") == "SET_ANY_DEFINER"


def test_roles_are_read_from_grants() -> None:
    match = _ROLES.match("GRANT `rds_superuser_role`@`%`,`other`@`%` TO `t`@`%` WITH ADMIN OPTION")
    assert match
    assert match[1] == "`rds_superuser_role`@`%`,`other`@`%`"
    assert _ROLES.match("GRANT SELECT ON *.* TO `t`@`%`") is None


def test_servers_of_a_backend_are_read_from_haproxy() -> None:
    text = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_port\n"
        "3 shop 1 aws-app1 192.0.2.61 2 8080\n3 shop 2 idc-app1 192.0.2.21 0 8080\n\n"
    )
    assert _servers(text) == [["aws-app1", "192.0.2.61", 8080], ["idc-app1", "192.0.2.21", 8080]]
    assert _servers("Permission denied\n") == []


def test_a_question_for_a_name_server_is_well_formed() -> None:
    assert _question(1, "a.b").hex() == "00010000000100000000000001610162000006" + "0001"
