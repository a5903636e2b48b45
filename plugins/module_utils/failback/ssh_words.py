"""Turns what ssh prints into one sentence: what is wrong, and what to do. Pure: text in, text out."""

from __future__ import annotations

import re

# What Ansible's ssh connection puts before ssh's own words, when it connects and when it hands over data.
_PREFIX = re.compile(r"Failed to connect to the host via ssh:|Data could not be sent to remote host .* over ssh:")
_NOISE = re.compile(r"^(debug\d:|Warning: Permanently added|Pseudo-terminal|\*\*)")
_LINE_OF_KEY = re.compile(r"Offending \S+ key in (\S+)")
_UNKNOWN = re.compile(r"No \S+ host key is known for (?:\[([^]]+)\]:(\d+)|(\S+)) and")
_BAD_KEY_FILE = re.compile(r'Load key "([^"]+)": (.+)')


def of_ansible(message: str) -> str:
    """Shorten Ansible's message about a host it did not reach; any other message stays as it is."""
    return sentence(message) if _PREFIX.search(message) else message


def sentence(said: str, host: str = "") -> str:
    """Say why ssh did not get in, from its standard error. ``host``: whom it asked, as ssh-keyscan takes it."""
    said = _PREFIX.split(said)[-1]
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _NOISE.match(line.strip())]
    last = lines[-1].rstrip(".") if lines else "ssh failed without a word"
    if "HOST IDENTIFICATION HAS CHANGED" in said:
        found = _LINE_OF_KEY.search(said)
        where = f" in {found[1]}" if found else ""
        return (
            "the SSH host key is not the one on record, so nothing was sent: find out why it changed before you trust"
            f" it, then correct its line{where}"
        )
    if "Host key verification failed" in said:
        return (
            f"the SSH host key is not on record, so nothing was sent: compare what `ssh-keyscan {host or _asked(said)}`"
            " prints with /etc/ssh/ssh_host_*_key.pub of the host itself, then append it to ~/.ssh/known_hosts, or to"
            " the UserKnownHostsFile that ansible_ssh_common_args names"
        )
    bad = _BAD_KEY_FILE.search(said)
    if bad:
        return f"the SSH key {bad[1]} cannot be used ({bad[2].strip()}): correct ansible_ssh_private_key_file"
    if "Permission denied" in said:
        return f"the SSH login is refused ({last}): correct ansible_user or ansible_ssh_private_key_file"
    return f"SSH does not get there ({last}): bring the host or the way to it up, or correct ansible_host"


def _asked(said: str) -> str:
    """Take the host out of ssh's words, where they have it, as ssh-keyscan takes it."""
    found = _UNKNOWN.search(said)
    if not found:
        return "HOST"
    return found[3] or f"-p {found[2]} {found[1]}"
