"""SSH keys, passwords and TSIG keys. Made once and kept: a second `up` changes none of them."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab.desk.app import HTTP_PORT, MAIL_PORT
from lab.files import write
from lab.topology import ADDRESS, AWS_PROFILE, AWS_REGION, HOSTS, IDC_ZONE

if TYPE_CHECKING:
    from pathlib import Path

    from lab.paths import LabPaths

PRIVATE = 0o600
# One file each. Side first where both sides have an account of that name.
PASSWORDS = ("idc-rr_admin", "aws-rr_admin", "shop_app", "shop_batch", "report", "repl")
TSIG_KEYS = ("tsig-idc", "tsig-aws")
# The customer who logs in for the proofs: a row of the generated data, whose digest is of this word (lab/shop/fill.py).
CUSTOMER = ("shop-customer", "customer7")
# Who answers an incident of the lab (site_people). Each signs with a key of their own.
PEOPLE = ("kim", "lee", "park", "choi", "jung")
SIGNERS = "allowed_signers"
# 32 hexadecimal digits: the longest password a MySQL replication channel takes (a longer one is cut without a word).
PASSWORD_BYTES = 16
TSIG_BYTES = 32


def read(paths: LabPaths, name: str) -> str:
    """Return one secret."""
    return (paths.secrets / name).read_text().strip()


def make_secrets(paths: LabPaths) -> None:
    """Make the passwords and keys that are missing, readable by their owner alone."""
    paths.secrets.mkdir(parents=True, exist_ok=True)
    paths.secrets.chmod(0o700)
    for name in PASSWORDS:
        if not (paths.secrets / name).exists():
            # Hexadecimal digits need no quoting in SQL, JSON or an INI file.
            write(paths.secrets / name, secrets.token_hex(PASSWORD_BYTES) + "\n", mode=PRIVATE)
    for name in TSIG_KEYS:
        if not (paths.secrets / name).exists():
            key = base64.b64encode(secrets.token_bytes(TSIG_BYTES)).decode()
            write(paths.secrets / name, key + "\n", mode=PRIVATE)
    write(paths.secrets / CUSTOMER[0], CUSTOMER[1] + "\n", mode=PRIVATE)
    make_channels(paths)
    # Who cleans up on AWS has a key of its own: the one that every run uses may delete nothing.
    for name, profile in (("aws-credentials", AWS_PROFILE), ("aws-cleanup-credentials", f"{AWS_PROFILE}-cleanup")):
        credentials = paths.secrets / name
        if not credentials.exists():
            lines = [
                f"[{profile}]",
                f"aws_access_key_id = AKIA{secrets.token_hex(8).upper()}",
                f"aws_secret_access_key = {secrets.token_hex(20)}",
                f"region = {AWS_REGION}",
            ]
            write(credentials, "\n".join(lines) + "\n", mode=PRIVATE)


def make_channels(paths: LabPaths) -> None:
    """Make the desk's login, a file with an Apprise URL for each channel to it, and its status page's token."""
    login = paths.secrets / "desk-login"
    if not login.exists():
        write(login, f"ops:{secrets.token_hex(PASSWORD_BYTES)}\n", mode=PRIVATE)
    desk = ADDRESS["idc-dns2"]
    urls = {
        "channel-chat": f"json://{login.read_text().strip()}@{desk}:{HTTP_PORT}/notify/chat",
        "channel-mail": f"mailto://{desk}:{MAIL_PORT}?from=rollback@{IDC_ZONE}&to=response@{IDC_ZONE}&mode=insecure",
    }
    for name, url in urls.items():
        write(paths.secrets / name, url + "\n", mode=PRIVATE)
    token = paths.secrets / "status-page-token"
    if not token.exists():
        write(token, secrets.token_hex(PASSWORD_BYTES) + "\n", mode=PRIVATE)


def make_key(path: Path) -> str:
    """Make an Ed25519 key pair at `path` unless there is one; return the public line without a comment."""
    public = path.with_name(path.name + ".pub")
    if not path.exists() or not public.exists():
        key = Ed25519PrivateKey.generate()
        line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        write(path, private, mode=PRIVATE)
        write(public, line + b"\n")
    return public.read_text().strip()


def ssh_config(paths: LabPaths) -> str:
    """Give a configuration for people: `ssh -F .lab/ssh/config idc-db1`."""
    lines = []
    for host in HOSTS:
        if host.sshd:
            lines += [f"Host {host.name}", f"  HostName {host.address}"]
    lines += [
        "Host *",
        "  User ops",
        f"  IdentityFile {paths.ssh / 'id_ed25519'}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {paths.ssh / 'known_hosts'}",
        "  GlobalKnownHostsFile /dev/null",
        "  StrictHostKeyChecking yes",
    ]
    return "\n".join(lines) + "\n"


def make_ssh(paths: LabPaths) -> None:
    """Make the client key, each host's key and, from those, known_hosts: nobody is trusted at first sight."""
    client = make_key(paths.ssh / "id_ed25519")
    known = []
    for host in HOSTS:
        if not host.sshd:
            continue
        public = make_key(paths.host(host.name, "ssh") / "ssh_host_ed25519_key")
        known.append(f"{host.name},{host.address} {public}")
        # sshd accepts the list only when root or the user owns it.
        write(paths.host(host.name, "ssh") / "authorized_keys", client + "\n")
    write(paths.ssh / "known_hosts", "\n".join(known) + "\n")
    write(paths.ssh / "config", ssh_config(paths))


def make_people(paths: LabPaths) -> None:
    """Make each person's signing key without a passphrase, and the site's file of who may sign."""
    paths.people.mkdir(parents=True, exist_ok=True)
    paths.people.chmod(0o700)
    lines = [f"{name} {make_key(paths.people / name)}" for name in PEOPLE]
    write(paths.people / SIGNERS, "\n".join(lines) + "\n")


def up(paths: LabPaths) -> None:
    """Make whatever key or password is missing."""
    make_secrets(paths)
    make_ssh(paths)
    make_people(paths)
