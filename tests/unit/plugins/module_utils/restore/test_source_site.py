"""How a site's hosts are reached for backups: the inventory's settings, and never a connection made under others."""

from __future__ import annotations

from failback.restore.source_site import site_ssh

HOST = {
    "ansible_host": "192.0.2.11",
    "ansible_user": "ops",
    "ansible_port": 2222,
    "ansible_ssh_private_key_file": "/keys/one",
    "ansible_ssh_common_args": "-o UserKnownHostsFile=/keys/known -o StrictHostKeyChecking=yes",
}


def control_path(argv: list[str]) -> str:
    return next(word for word in argv if word.startswith("ControlPath="))


def test_the_inventorys_settings_are_used() -> None:
    argv = site_ssh({"idc-db1": HOST})(("idc-db1", "cat x"))
    assert argv[-2:] == ["ops@192.0.2.11", "cat x"]
    assert argv[argv.index("-i") + 1] == "/keys/one"
    assert argv[argv.index("-p") + 1] == "2222"
    assert "StrictHostKeyChecking=yes" in argv


def test_other_host_keys_or_another_key_never_share_a_connection() -> None:
    paths = {
        control_path(site_ssh({"idc-db1": HOST | change})(("idc-db1", "cat x")))
        for change in (
            {},
            {"ansible_ssh_private_key_file": "/keys/two"},
            {"ansible_ssh_common_args": "-o UserKnownHostsFile=/keys/other"},
            {"ansible_port": 22},
        )
    }
    assert len(paths) == 4


def test_the_same_settings_share_one() -> None:
    ssh = site_ssh({"idc-db1": HOST})
    assert control_path(ssh(("idc-db1", "cat x"))) == control_path(ssh(("idc-db1", "cat y")))


def test_an_unknown_host_is_reached_with_the_users_own_settings() -> None:
    assert "ControlPath" not in " ".join(site_ssh({})(("elsewhere", "cat x")))
