"""Hosts of its own for these tests: one with docker and two containers, one whose clock is off and has no engine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemons import image, wait_until
from run_tasks import ROOT, Played, play

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

OPS = 1000
HOST, BARE = "fit1", "bare1"
CODE = f"{ROOT / 'lab'}:/opt/rr/lab:ro"
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"
SKEW = 37.0  # seconds
# The clock of a container is the machine's. This interpreter's is off, as that of a host whose clock is off would be.
SKEWED = f"""#!/bin/sh
case "$*" in
*" -c "*) for last; do :; done; exec /usr/bin/python3 -I -S -c "import time
_real = time.time
time.time = lambda: _real() + {SKEW}
$last" ;;
*) exec /usr/bin/python3 "$@" ;;
esac
"""


def docker(*argv: str, check: bool = True) -> str:
    """Run docker; return what it said."""
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False, timeout=90)
    assert not check or done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout.strip()


@dataclass
class Site:
    """The hosts, their containers, and how a test looks at them."""

    root: Path
    tag: str
    addresses: dict[str, str]

    @property
    def shop(self) -> str:
        """Container of the application; its health is the file /tmp/well."""
        return f"rrt-fit-{self.tag}-shop"

    @property
    def other(self) -> str:
        """Container with an image of its own, so that it can be taken away."""
        return f"rrt-fit-{self.tag}-other"

    @property
    def image(self) -> str:
        """Name of that image."""
        return f"rrt-fit:{self.tag}"

    @property
    def etc(self) -> Path:
        """/etc/shop of the host."""
        return self.root / "etc"

    def containers(self, *more: str) -> list[dict[str, Any]]:
        """As service_containers has them."""
        names = {"shop": self.shop, "other": self.other, **{name: name for name in more}}
        return [{"name": name, "hosts": "app_hosts", "container": container} for name, container in names.items()]

    def host(self, name: str, **variables: Any) -> dict[str, Any]:
        """Give the variables of a host."""
        common = f"-o UserKnownHostsFile={self.root}/known_hosts -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        return {
            "ansible_host": self.addresses[name],
            "ansible_user": "ops",
            "ansible_ssh_private_key_file": str(self.root / "id"),
            "ansible_ssh_common_args": common,
            "ansible_python_interpreter": "/usr/bin/python3" if name == HOST else "/opt/skewed/python3",
            **variables,
        }

    def play(
        self,
        work: Path,
        tasks: Sequence[Mapping[str, Any]],
        hosts: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        check: bool = False,
    ) -> Played:
        """Run tasks on the host with docker, or on others."""
        chosen = hosts or {HOST: self.host(HOST)}
        return play(work, tasks, chosen, check=check, groups={"app_hosts": list(chosen)})

    def put_right(self) -> None:
        """Mend what a test broke."""
        self.etc.mkdir(exist_ok=True)
        (self.etc / "app.json").write_text('{"listen": 8080}\n')
        os.chown(self.etc / "app.json", OPS, OPS)
        docker("start", self.shop, self.other, check=False)
        docker("exec", self.shop, "touch", "/tmp/well")  # noqa: S108 - inside the container
        self.await_health("healthy")

    def await_health(self, wanted: str) -> None:
        """Wait for the health check's word."""

        def told() -> str:
            return docker("inspect", "-f", "{{.State.Health.Status}}", self.shop)

        wait_until(lambda: told() == wanted, lambda: f"{self.shop} is {told()}, not {wanted}")

    def make_other(self) -> None:
        """Make the image of its own, and a container of it."""
        docker("rm", "-f", self.other, check=False)
        docker("commit", "-c", f"LABEL rr.test={self.tag}", self.shop, self.image)
        _run(self.other, "--health-cmd", "true", self.image, "sleep", "infinity")


def start(root: Path) -> Iterator[Site]:
    """Bring the hosts up, and take them down at the end."""
    root.chmod(0o755)
    site = Site(root, f"{os.getpid()}", {})
    _keys(root)
    (root / "skewed").mkdir()
    (root / "skewed" / "python3").write_text(SKEWED)
    (root / "skewed" / "python3").chmod(0o755)
    (root / "read-only").mkdir()
    site.etc.mkdir()
    ssh = ["-v", CODE, "-v", f"{root / 'ssh'}:/etc/rr-ssh:ro"]
    hosts = {HOST: f"rrt-fit-{site.tag}-host", BARE: f"rrt-fit-{site.tag}-bare"}
    try:
        seen = ["-v", f"{site.etc}:/etc/shop", "-v", f"{root / 'read-only'}:/srv/read-only:ro"]
        seen += ["--tmpfs", "/srv/small:size=2m,mode=777", "--tmpfs", "/srv/few:size=8m,nr_inodes=20,mode=777"]
        _run(hosts[HOST], "-v", SOCKET, *ssh, *seen, image(), "sh", "/opt/rr/lab/entry/host.sh")
        sshd = "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f /etc/rr-ssh/sshd_config"
        _run(hosts[BARE], *ssh, "-v", f"{root / 'skewed'}:/opt/skewed:ro", image(), "sh", "-c", sshd)
        for name, container in hosts.items():
            site.addresses[name] = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", container)
        known = [f"{a} {(root / 'host.pub').read_text().strip()}" for a in site.addresses.values()]
        (root / "known_hosts").write_text("\n".join(known) + "\n")
        health = ["--health-cmd", "test -f /tmp/well", "--health-interval", "300ms", "--health-retries", "1"]
        _run(site.shop, *health, image(), "sleep", "infinity")
        site.make_other()
        site.put_right()
        yield site
    finally:
        docker("rm", "-f", site.shop, site.other, *hosts.values(), check=False)
        docker("rmi", "-f", site.image, check=False)


def _run(name: str, *argv: str) -> None:
    docker("run", "-d", "--name", name, "--label", "rr.test=1", *argv)


def _keys(root: Path) -> None:
    for name in ("id", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(root / name)], check=True)
    ssh = root / "ssh"
    ssh.mkdir()
    (ssh / "ssh_host_ed25519_key").write_bytes((root / "host").read_bytes())
    (ssh / "ssh_host_ed25519_key").chmod(0o600)
    (ssh / "authorized_keys").write_bytes((root / "id.pub").read_bytes())
    (ssh / "sshd_config").write_bytes((ROOT / "lab" / "templates" / "sshd_config").read_bytes())
