"""A host with sshd beside a test server: in a container that shares the server's network, as a database host does.

Made from the lab's host image (newest ``rr-lab-host:*``). It may filter packets, so a way can be closed for real.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """
Port 22
HostKey /keys/host
AuthorizedKeysFile /keys/client.pub
AllowUsers ops
StrictModes no
PasswordAuthentication no
UsePAM no
UseDNS no
PidFile none
MaxStartups 100:30:200
AllowTcpForwarding {forwarding}
"""
_START = "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f /keys/sshd_config"


@dataclass(frozen=True)
class SshHost:
    """One host: its container, its address, and the keys to it."""

    container: str
    address: str
    keys: Path

    def run(self, *argv: str) -> str:
        """Run a command there as root."""
        done = subprocess.run(
            ["docker", "exec", self.container, *argv], capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout.strip()

    def cut(self, address: str) -> None:
        """Drop what leaves for an address; nobody is told."""
        self.run("nft", "add", "table", "inet", "cut")
        self.run("nft", "add", "chain", "inet", "cut", "out", "{ type filter hook output priority 0 ; }")
        self.run("nft", "add", "rule", "inet", "cut", "out", "ip", "daddr", address, "drop")

    def mend(self) -> None:
        """Open every way again."""
        subprocess.run(
            ["docker", "exec", self.container, "nft", "delete", "table", "inet", "cut"],
            capture_output=True,
            check=False,
        )

    def variables(self) -> dict[str, Any]:
        """Give the inventory variables of this host."""
        common = (
            f"-o UserKnownHostsFile={self.keys}/known_hosts -o GlobalKnownHostsFile=/dev/null"
            " -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        )
        return {
            "ansible_host": self.address,
            "ansible_user": "ops",
            "ansible_ssh_private_key_file": str(self.keys / "client"),
            "ansible_ssh_common_args": common,
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_playbook_python": sys.executable,
        }


def image() -> str:
    """Pick the newest image of the lab's hosts, or ""."""
    argv = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "rr-lab-host"]
    return next(iter(subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()), "")


def start(directory: Path, beside: str, address: str, *, forwarding: bool = True) -> SshHost:
    """Start sshd in the network of the container ``beside``, and wait until it listens."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("host", "client"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
        subprocess.run(argv, check=True, capture_output=True)
    (directory / "sshd_config").write_text(_CONFIG.format(forwarding="yes" if forwarding else "no"))
    public = " ".join((directory / "host.pub").read_text().split()[:2])
    (directory / "known_hosts").write_text(f"{address} {public}\n")
    name = f"rr-test-ssh-{beside.rpartition('-')[2]}-{time.time_ns()}"
    argv = ["docker", "run", "-d", "--name", name, "--label", "rr.test=1", "--network", f"container:{beside}"]
    argv += ["--cap-add", "NET_ADMIN", "-v", f"{directory}:/keys:ro", "--entrypoint", "/bin/sh", image(), "-c", _START]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    host = SshHost(name, address, directory)
    limit = time.monotonic() + 90
    probe = ["ssh", "-i", str(directory / "client"), "-o", f"UserKnownHostsFile={directory}/known_hosts"]
    while subprocess.run(
        [*probe, "-o", "BatchMode=yes", f"ops@{address}", "true"], capture_output=True, check=False
    ).returncode:
        if time.monotonic() > limit:
            logs = subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=False)
            stop(host)
            raise AssertionError(f"sshd did not start: {logs.stderr}")
        time.sleep(0.2)
    return host


def stop(host: SshHost) -> None:
    """Remove the container."""
    subprocess.run(["docker", "rm", "-f", host.container], capture_output=True, check=False, timeout=60)
