"""Passwords, tokens, SSH and signing keys and certificates of the releases lab. Made once and kept."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lab import tls
from lab.files import write
from lab.keys import PASSWORD_BYTES, PRIVATE, make_key
from lab.paths import TEMPLATES
from lab.releases.topology import DB, DOMAIN, EDGE, EDGE_DOMAINS, HOSTS, LB, PEOPLE

if TYPE_CHECKING:
    from lab.releases.topology import Paths

# The runner's account and the application's on MySQL, and the tokens for the stand-in of Vercel.
SECRETS = ("rr_admin", "shop_app", "vercel-token", "vercel-bypass")
SIGNERS = "allowed_signers"
# Certificate by server: the names it is good for, and its address. `*.` is for the deployments' own addresses.
CERTIFICATES = {
    "db": (("rel-db1",), DB.address),
    "lb": ((DOMAIN,), LB.address),
    "edge": (("api.releases.example.org", "*.window-releases.example.org", *EDGE_DOMAINS), EDGE.address),
}


def read(paths: Paths, name: str) -> str:
    """Return one secret."""
    return (paths.secrets / name).read_text(encoding="utf-8").strip()


def up(paths: Paths) -> None:
    """Make whatever is missing."""
    paths.secrets.mkdir(parents=True, exist_ok=True)
    paths.secrets.chmod(0o700)
    for name in SECRETS:
        if not (paths.secrets / name).exists():
            write(paths.secrets / name, secrets.token_hex(PASSWORD_BYTES) + "\n", mode=PRIVATE)
    _ssh(paths)
    paths.people.mkdir(parents=True, exist_ok=True)
    paths.people.chmod(0o700)
    lines = [f"{name} {make_key(paths.people / name)}" for name in PEOPLE]
    write(paths.people / SIGNERS, "\n".join(lines) + "\n")
    _certificates(paths)


def _ssh(paths: Paths) -> None:
    client = make_key(paths.ssh / "id_ed25519")
    known = []
    for host in HOSTS:
        if host.sshd:
            folder = paths.host(host, "ssh")
            known.append(f"{host.name},{host.address} {make_key(folder / 'ssh_host_ed25519_key')}")
            # sshd accepts the list only when root or the user owns it.
            write(folder / "authorized_keys", client + "\n")
            write(folder / "sshd_config", (TEMPLATES / "sshd_config").read_text(encoding="utf-8"))
    write(paths.ssh / "known_hosts", "\n".join(known) + "\n")


def _certificates(paths: Paths) -> None:
    if not (paths.ca / "ca.pem").exists() or not (paths.ca / "ca-key.pem").exists():
        tls.make_authority(paths.ca)
        for left in paths.ca.glob("*.made"):
            left.unlink()
    for server, (names, address) in CERTIFICATES.items():
        # What it was made for stands beside it, so that another name makes another certificate.
        made, wanted = paths.ca / f"{server}.made", " ".join((*names, address))
        if not made.exists() or made.read_text(encoding="utf-8") != wanted:
            tls.make_certificate(paths.ca, server, names, address)
            write(made, wanted)
