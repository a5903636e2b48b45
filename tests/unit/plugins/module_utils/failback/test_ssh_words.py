"""What ssh prints becomes one sentence with the cause and the next step."""

from __future__ import annotations

import pytest
from failback import ssh_words

CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Offending ED25519 key in /srv/rollback/known_hosts:3
Host key for 192.0.2.31 has changed and you have requested strict checking.
Host key verification failed.
"""
UNKNOWN = """\
No ED25519 host key is known for 192.0.2.31 and you have requested strict checking.
Host key verification failed.
"""
BAD_KEY = 'Load key "/srv/id": error in libcrypto\nops@192.0.2.31: Permission denied (publickey).\n'


@pytest.mark.parametrize(
    ("stderr", "cause", "next_step"),
    [
        (CHANGED, "host key is not the one on record", "correct its line in /srv/rollback/known_hosts:3"),
        (UNKNOWN, "host key is not on record", "compare what `ssh-keyscan 192.0.2.31` prints with /etc/ssh/ssh_host_"),
        (UNKNOWN, "not on record", "append it to ~/.ssh/known_hosts, or to the UserKnownHostsFile that ansible_ssh_co"),
        (UNKNOWN.replace("192.0.2.31", "[::1]:2222"), "not on record", "`ssh-keyscan -p 2222 ::1` prints"),
        ("Host key verification failed.\n", "not on record", "`ssh-keyscan HOST` prints"),
        (BAD_KEY, "/srv/id cannot be used (error in libcrypto)", "correct ansible_ssh_private_key_file"),
        ("ops@x: Permission denied (publickey).", "login is refused (ops@x: Permission denied", "correct ansible_user"),
        ("ssh: connect to host x port 22: Connection timed out\n", "Connection timed out", "correct ansible_host"),
        ("debug1: noise\n", "without a word", "correct ansible_host"),
    ],
)
def test_each_failure_has_its_sentence(stderr: str, cause: str, next_step: str) -> None:
    said = ssh_words.sentence(stderr)
    assert cause in said
    assert next_step in said
    assert "\n" not in said


def test_what_is_not_about_ssh_stays_as_it_is() -> None:
    assert ssh_words.of_ansible("timed out") == "timed out"
    wrapped = f"Task failed: Failed to connect to the host via ssh: {CHANGED}"
    assert ssh_words.of_ansible(wrapped) == ssh_words.sentence(CHANGED)
    sent = 'Data could not be sent to remote host "192.0.2.9". Make sure this host can be reached over ssh: No route\n'
    assert "does not get there (No route):" in ssh_words.of_ansible(sent)
