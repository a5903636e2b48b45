"""Finds the key a person signs with: the one they name, the one their agent holds, or the one in ~/.ssh that fits."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from failback.approval import signers, signing

from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from failback.approval.policy import Policy

_USUAL = ("id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa")


def choose(asked: Policy, principal: str, key: str) -> tuple[str, list[str]]:
    """Return the key to sign with, and the public keys the signers file gives this person.

    Raises `UsageError` when none was named and none fits, `RefusedError` of the library for an unsafe signers file.
    """
    public = signers.read(asked.signers_file).keys_of(principal)
    if key:
        return key, public
    if set(signing.agent_keys()) & set(public):
        return signing.AGENT, public
    for name in _USUAL:
        path = Path("~/.ssh").expanduser() / name
        if path.exists() and signing.public_of(path) in public:
            return str(path), public
    if not public:
        raise UsageError(
            f"{asked.signers_file} has no key of {principal}.",
            next_step=f"add the line `{principal} ssh-ed25519 AAAA...` of their public key to it",
        )
    raise UsageError(
        f"No key of {principal} was found: the agent holds none, and none in ~/.ssh fits the signers file.",
        next_step="name it: --key FILE, or load it: ssh-add FILE",
    )


def who(asked: Policy, role: str, principal: str, key: str) -> str:
    """Say who signs: the name given, else whose key it is, the only person of the role, or the user at this machine.

    `role` may be empty for someone of any role. Raises `UsageError` when that is not clear.
    """
    if principal:
        return principal
    people = asked.roles.get(role, ()) if role else asked.people
    if key and key != signing.AGENT:
        public = signing.public_of(Path(key).expanduser())
        found = signers.read(asked.signers_file).names_of(public, people) if public else []
        if len(found) == 1:
            return found[0]
    user = getpass.getuser()
    if user in people:
        return user
    if len(people) == 1 and role:
        return people[0]
    raise UsageError(
        f"Who signs is not clear; it may be {', '.join(people)}.", next_step="the same command with --as NAME"
    )
