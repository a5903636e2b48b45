"""What the SSH user lacks on a host is found without doing it, and the command that is named gives it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import access_box
import pytest
from failback.access import host_look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from access_box import Box
    from failback.findings import Finding


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = access_box.start(tmp_path_factory.mktemp("box") / "keys")
    yield box
    access_box.stop(box)


@pytest.fixture(name="app")
def _app(box: Box) -> Box:
    variables: dict[str, Any] = {
        "app_container": box.name,
        "app_config_file": "/etc/shop/app.json",
        "app_reload_command": ["docker", "kill", "--signal", "HUP", box.name],
    }
    return replace(box, group="app_hosts", variables=variables)


@pytest.fixture(name="node")
def _node(box: Box) -> Box:
    variables: dict[str, Any] = {
        "lb_socket": access_box.SOCKET,
        "lb_backend": "shop",
        "lb_config_file": access_box.CONFIG,
        "lb_validate_command": ["haproxy", "-c", "-f", f"{access_box.CONFIG}.candidate"],
        "lb_reload_command": ["docker", "kill", "--signal", "USR2", box.name],
    }
    return replace(box, group="load_balancers", variables=variables)


@pytest.fixture(name="database")
def _database(box: Box) -> Box:
    pair: dict[str, Any] = {
        "backup_sources": [{"url": "ssh://box/var/backups/mysql/nightly"}],
        "db_replication": {"ca_file": "/etc/shop/app.json"},
        "site_strategy": "restore-first",
    }
    return replace(box, group="database_hosts", variables={"pair": pair})


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    assert found[0].severity == "blocker"
    return found[0]


def command(found: Finding) -> str:
    """What an administrator would type: the first words of the next step."""
    return found.next_step.partition(": ")[2].partition(";")[0] or found.next_step.partition(";")[0]


def test_a_host_that_has_all_passes(app: Box, node: Box, database: Box) -> None:
    for host in (app, node, database):
        assert host.look() == []


def test_docker_without_its_group(app: Box) -> None:
    app.root("gpasswd -d ops $(stat -c %G /var/run/docker.sock)")
    found = only(app.look())
    assert "start, signal and restart containers" in found.sentence
    app.root(found.next_step.partition(" on ")[0])
    assert app.look() == []


def test_a_container_that_is_not_there(app: Box) -> None:
    assert "no container gone" in only(app.look(app_container="gone")).sentence


def test_a_configuration_directory_of_another_group(app: Box) -> None:
    app.root("gpasswd -d ops shop")
    found = only(app.look())
    assert "/etc/shop/app.json" in found.sentence
    assert command(found) == "usermod -aG shop ops"
    app.root(command(found))
    assert app.look() == []


def test_a_configuration_directory_that_its_group_may_not_write(app: Box) -> None:
    app.root("chmod 0755 /etc/shop")
    found = only(app.look())
    assert command(found) == "chmod g+rwx /etc/shop"
    app.root(command(found))
    assert app.look() == []


def test_a_directory_and_a_file_of_root(node: Box) -> None:
    node.root("chown root:root /etc/haproxy && chmod 0755 /etc/haproxy")
    found = only(node.look())
    assert command(found) == "setfacl -m u:ops:rwx /etc/haproxy"
    node.root("chown haproxy:haproxy /etc/haproxy && chmod 0775 /etc/haproxy")
    node.root(f"chown root:root {access_box.CONFIG} && chmod 0600 {access_box.CONFIG}")
    found = only(node.look())
    assert command(found) == f"setfacl -m u:ops:rw {access_box.CONFIG}"
    node.root(f"chmod 0644 {access_box.CONFIG}")
    assert node.look() == [], "a file that can be read and replaced needs not be writable"


def test_a_directory_whose_files_only_their_owner_may_replace(app: Box) -> None:
    app.root("chmod 3775 /etc/shop && chown root:root /etc/shop/app.json && chmod 0644 /etc/shop/app.json")
    found = only(app.look())
    assert "/etc/shop/app.json" in found.sentence
    app.root("chmod 2775 /etc/shop && chown root:shop /etc/shop/app.json")
    assert app.look() == []


def test_a_file_of_the_baseline_that_cannot_be_put_back_is_a_warning(app: Box) -> None:
    files = ["/etc/hosts", {"path": "/etc/shop/app.json"}]
    found = app.look(baseline_files=files)
    assert [one.severity for one in found] == ["warning"]
    assert app.look(baseline_files=files, environment_privilege=["sudo", "-n"]) == []
    assert app.look(baseline_files=files, environment_put_back=False) == []


@pytest.mark.parametrize(("name", "words"), [("operator", "level admin"), ("private", "usermod -aG haproxy ops")])
def test_a_socket_of_another_level_or_owner(node: Box, name: str, words: str) -> None:
    if name == "private":
        node.root("gpasswd -d ops haproxy; chmod 0777 /etc/haproxy")
    found = only(node.look(lb_socket=f"/run/haproxy/{name}.sock"))
    node.root("usermod -aG haproxy ops; chmod 0775 /etc/haproxy")
    assert words in found.next_step
    assert f"{name}.sock" in found.sentence


def test_a_socket_that_is_not_there(node: Box) -> None:
    assert "correct lb_socket" in only(node.look(lb_socket="/run/haproxy/none.sock")).next_step


def test_commands_that_are_not_there_or_that_sudo_refuses(node: Box) -> None:
    found = only(node.look(lb_validate_command=["hoproxy", "-c"]))
    assert "hoproxy is not there" in found.sentence
    reload = ["sudo", "-n", "systemctl", "reload", "haproxy"]
    found = only(node.look(lb_reload_command=reload))
    assert "install sudo" in found.next_step
    # No sudo lies in the image; this one answers `-l` as sudo does, and would leave a file behind if it ran anything.
    node.root(
        "printf '#!/bin/sh\\nfor word; do test \"$word\" = -l && exit 1; done; touch /etc/shop/ran\\n'"
        " > /usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo"
    )
    found = only(node.look(lb_reload_command=reload))
    assert found.next_step.startswith("ops ALL=(root) NOPASSWD: systemctl reload haproxy")
    assert "visudo" in found.next_step
    node.root("sed -i s/exit.1/exit\\ 0/ /usr/local/bin/sudo")
    assert node.look(lb_reload_command=reload) == []
    become = node.look(ansible_become=True, ansible_become_user="deploy")
    assert become == []
    node.root("test ! -e /etc/shop/ran; rm /usr/local/bin/sudo")


def test_a_backup_that_cannot_be_read(database: Box) -> None:
    database.root("chmod 0600 /var/backups/mysql/nightly/dump.sql")
    found = only(database.look())
    assert "/var/backups/mysql/nightly/dump.sql" in found.sentence
    assert found.next_step.startswith("setfacl -R -m u:ops:rX /var/backups/mysql/nightly")
    database.root("chmod 0644 /var/backups/mysql/nightly/dump.sql")
    assert database.look() == []


def test_a_certificate_authority_that_mysqld_cannot_read(database: Box) -> None:
    pair = {**database.variables["pair"], "db_replication": {"ca_file": "/etc/mysql/none.pem"}}
    found = only(database.look(pair=pair))
    assert "/etc/mysql/none.pem" in found.sentence
    database.root("mkdir -p /etc/mysql && echo x > /etc/mysql/none.pem")
    assert database.look(pair=pair) == []


def test_docker_that_says_no_is_told_apart_from_a_file_in_a_container() -> None:
    socket = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
    assert host_look._closed(socket)
    assert not host_look._closed("cat: /etc/mysql/ca.pem: Permission denied")
    assert not host_look._closed(
        "WARNING: Error loading config file: open /home/ops/.docker/config.json: permission denied"
    )
