"""A site with one thing wrong: one sentence that names it and the next command, the right exit code, and no act."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import drill_run as run
import pymysql
import pytest
from drill_site import BrokenSite, Said

from lab import world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.lab

FAILED, USAGE, REFUSED = 1, 2, 3
SCREEN = 24  # lines: what a commander reads without scrolling
SECRETS = "{{ rr_home }}/.lab/secrets"


@pytest.fixture(scope="module")
def _lab_that_stands() -> None:
    """Have the lab as it is before a rollback; put it there only if it is not."""
    with suppress(OSError, pymysql.MySQLError, subprocess.CalledProcessError):
        if world.still_on_aws(world.state(run.HOME)) == []:
            return
    run.reset("--read-only-delay", "2")


@pytest.fixture
def site(tmp_path: Path) -> BrokenSite:
    return BrokenSite(tmp_path)


def clear(said: Said, code: int, *words: str) -> None:
    """Check all that holds for every wrong input."""
    assert said.code == code, said.everything
    for word in words:
        assert word in said.everything, said.everything
    assert "Next" in said.everything, said.everything
    assert "rollback-runner" in said.everything.partition("Next")[2], "the next command is named"
    assert "Traceback" not in said.everything
    assert said.acts == []
    told = said.out or said.err
    assert len(told.splitlines()) <= SCREEN, told
    assert max(map(len, told.splitlines())) <= 600, told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("phase", "emergancy"), "There is no phase emergancy (did you mean emergency?)"),
        (("phase", "emergency", "--chek"), "No such option"),
    ],
)
def test_an_unknown_word_on_the_command_line(site: BrokenSite, words: tuple[str, ...], sentence: str) -> None:
    clear(site(*words), USAGE, sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("explain", "SWITCH-1"), "There is no item SWITCH-1 (did you mean SWITCH-01?)"),
        (("items", "--host", "idc-lb9"), "There is no"),
        (("phase", "emergency", "-i", "inventories/labb"), "There is no site at inventories/labb"),
    ],
)
def test_an_unknown_item_host_or_site(words: tuple[str, ...], sentence: str) -> None:
    ended = run.command(*words)
    assert ended.code == USAGE, ended.output
    assert sentence in ended.output
    assert "Next: rollback-runner" in ended.output
    assert "Traceback" not in ended.output


Breaks = list[tuple[str, str, str]]
FILES: dict[str, tuple[Breaks, tuple[str, ...]]] = {
    "a required value is missing": (
        [("databases", "db_max_lag: 1.0\n", "")],
        ("group_vars/databases.yml: group databases: db_max_lag is missing.",),
    ),
    "an unknown variable": (
        [("load_balancers", "lb_hold_limit:", "lb_hold_limt:")],
        ("lb_hold_limt is not known (did you mean lb_hold_limit?)", "lb_hold_limit is missing"),
    ),
    "an unknown value": (
        [("databases", "aws_network_fence: security_group\n", "aws_network_fence: security_grup\n")],
        ("'security_grup'", "(did you mean security_group?)"),
    ),
    "a host that is in no group": (
        [("databases", "db_idc_host: idc-db1", "db_idc_host: idc-db2")],
        ("db_idc_host names idc-db2, which is no host of the group database_hosts (did you mean idc-db1?)",),
    ),
    "both sides have the same server_uuid": (
        [("databases", "22222222-2222-4222-8222-222222222222", "11111111-1111-4111-8111-111111111111")],
        ("db_idc and db_aws are the same server (same server_uuid)",),
    ),
    "both sides have the same address": (
        [("databases", "db_aws:\n  host: 172.30.77.51", "db_aws:\n  host: 172.30.77.11")],
        ("db_idc and db_aws are the same server (same host and port)",),
    ),
    "the SSH key is not there": (
        [("all", "/.lab/ssh/id_ed25519", "/.lab/ssh/id_nobody")],
        ("ansible_ssh_private_key_file", "id_nobody cannot be read (No such file or directory)"),
    ),
    "the password file is not there": (
        [("databases", f"{SECRETS}/aws-rr_admin", f"{SECRETS}/aws-nobody")],
        ("db_aws.password_file", "aws-nobody cannot be read (No such file or directory)"),
    ),
}


@pytest.mark.parametrize("name", list(FILES))
def test_what_is_seen_in_the_files_is_said_before_anything_is_contacted(site: BrokenSite, name: str) -> None:
    breaks, words = FILES[name]
    for change in breaks:
        site.change(*change)

    said = site.phase()

    clear(said, USAGE, *words)
    assert said.journal == [], "the run was not even opened"


def wrong_password(side: str) -> Callable[[BrokenSite], None]:
    def spoil(site: BrokenSite) -> None:
        path = site.secret("wrong-password", "not-the-password\n")
        site.change("databases", f"{SECRETS}/{side}", str(path))

    return spoil


def broken_ssh_key(site: BrokenSite) -> None:
    path = site.secret("broken-key", "-----BEGIN OPENSSH PRIVATE KEY-----\nnot a key\n")
    site.change("all", "{{ rr_home }}/.lab/ssh/id_ed25519", str(path))


def changed_host_key(host: str) -> Callable[[BrokenSite], None]:
    def spoil(site: BrokenSite) -> None:
        lines = (run.HOME / ".lab" / "ssh" / "known_hosts").read_text(encoding="utf-8").splitlines()
        other = next(line.split()[2] for line in lines if not line.startswith(f"{host},"))
        swapped = [" ".join([*line.split()[:2], other]) if line.startswith(f"{host},") else line for line in lines]
        path = site.secret("known_hosts", "\n".join(swapped) + "\n")
        site.change("all", "{{ rr_home }}/.lab/ssh/known_hosts", str(path))

    return spoil


def bad_tsig_key(text: str) -> Callable[[BrokenSite], None]:
    def spoil(site: BrokenSite) -> None:
        site.change("service", f"{SECRETS}/tsig-idc", str(site.secret("tsig", text)))

    return spoil


def foreign_ca(site: BrokenSite) -> None:
    own = site.secret("ca.pem", (run.HOME / ".lab/ca/idc-db1.pem").read_text(encoding="utf-8"))
    site.change(
        "databases",
        'idc-rr_admin"\n  ca_file: "{{ rr_home }}/.lab/ca/ca.pem"',
        f'idc-rr_admin"\n  ca_file: "{own}"',
    )


def edit(group: str, old: str, new: str) -> Callable[[BrokenSite], None]:
    return lambda site: site.change(group, old, new)


ASKED: dict[str, tuple[Callable[[BrokenSite], None], tuple[str, ...]]] = {
    "wrong password of RDS": (
        wrong_password("aws-rr_admin"),
        ("RDS (rr_admin@172.30.77.51:3306) refuses the login", "correct the account or password file of db_aws"),
    ),
    "wrong password of IDC": (
        wrong_password("idc-rr_admin"),
        ("IDC (rr_admin@172.30.77.11:3306) refuses the login", "correct the account or password file of db_idc"),
    ),
    "wrong password of the application": (
        wrong_password("shop_app"),
        ("the application's account does not get in on RDS",),
    ),
    "wrong password of the replication account": (
        wrong_password("repl"),
        ("the replication account is refused", "correct db_replication"),
    ),
    "a certificate of another authority": (foreign_ca, ("does not vouch for", "correct ca_file")),
    "a broken SSH key": (broken_ssh_key, ("broken-key cannot be used", "correct ansible_ssh_private_key_file")),
    "changed host key of the database host": (
        changed_host_key("idc-db1"),
        ("idc-db1", "the SSH host key is not the one on record, so nothing was sent"),
    ),
    "changed host key of a load balancer": (
        changed_host_key("aws-lb1"),
        ("aws-lb1", "the SSH host key is not the one on record, so nothing was sent"),
    ),
    "another server_uuid on IDC": (
        edit("databases", "11111111-1111-4111-8111-111111111111", "33333333-3333-4333-8333-333333333333"),
        ("IDC is server 11111111", "the inventory means 33333333", "correct the address or server_uuid"),
    ),
    "another server_uuid on RDS": (
        edit("databases", "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"),
        ("RDS is server 22222222", "the inventory means 33333333"),
    ),
    "IDC older than the cut-over": (
        edit(
            "databases",
            "db_cutover_gtid: \"{{ lookup('ansible.builtin.file', rr_home ~ '/.lab/cutover.gtid') | trim }}\"",
            "db_cutover_gtid: 11111111-1111-4111-8111-111111111111:1-999999999",
        ),
        ("IDC lacks", "correct db_cutover_gtid or restore IDC first"),
    ),
    "a cut-over position that is none": (
        edit(
            "databases",
            "db_cutover_gtid: \"{{ lookup('ansible.builtin.file', rr_home ~ '/.lab/cutover.gtid') | trim }}\"",
            "db_cutover_gtid: yesterday at noon",
        ),
        ("db_cutover_gtid", "yesterday"),
    ),
    "this machine is not let in behind the closed network": (
        edit("databases", "aws_keep_sources: [172.30.77.1/32, ", "aws_keep_sources: ["),
        ("RDS sees this machine as 172.30.77.1, which", "add 172.30.77.1/32 to aws_keep_sources"),
    ),
    "the address of IDC is wrong": (
        edit("databases", "db_idc:\n  host: 172.30.77.11", "db_idc:\n  host: 172.30.77.99"),
        ("is not restarted", "correct db_idc.host"),
    ),
    "a TSIG key of somebody else": (
        bad_tsig_key("c29tZWJvZHktZWxzZS1zLWtleS1vZi0zMi1ieXRlcy0u\n"),
        ("172.30.77.41:53 refuses the key rr-idc", "Nothing was changed"),
    ),
    "a TSIG key that is none": (
        bad_tsig_key("not a key\n"),
        ("holds neither a BIND key statement nor a base64 secret",),
    ),
    "an unreachable load balancer": (
        edit("hosts", "ansible_host: 172.30.77.71", "ansible_host: 172.30.77.99"),
        ("aws-lb1", "SSH does not get there", "correct ansible_host"),
    ),
    "a backend that the load balancers lack": (
        edit("load_balancers", "lb_backend: shop", "lb_backend: shopp"),
        ("shopp",),
    ),
}


@pytest.mark.usefixtures("_lab_that_stands")
@pytest.mark.parametrize("name", list(ASKED))
def test_what_only_the_world_can_tell_is_refused_by_a_gate(site: BrokenSite, name: str) -> None:
    spoil, words = ASKED[name]
    spoil(site)

    said = site.phase()

    clear(said, REFUSED, *words)
    assert [entry["outcome"] for entry in said.journal if entry["kind"] == "end"] == ["refused"]


@pytest.mark.usefixtures("_lab_that_stands")
def test_an_unreachable_application_host_stops_the_run_before_the_cut(site: BrokenSite) -> None:
    site.change("hosts", "ansible_host: 172.30.77.22", "ansible_host: 172.30.77.99")

    said = site.phase()

    # The gate does not ask applications, so IDC follows RDS already: that is taken back.
    assert said.code == FAILED, said.everything
    assert "idc-app2" in said.out
    assert "correct ansible_host" in said.out
    assert not any("hold" in act or "lock" in act for act in said.acts), said.acts
    assert [entry["outcome"] for entry in said.journal if entry["kind"] == "end"] == ["aborted"]
    assert "Traceback" not in said.everything


@pytest.mark.usefixtures("_lab_that_stands")
def test_nothing_of_all_this_moved_the_service() -> None:
    assert world.still_on_aws(world.state(run.HOME)) == []
