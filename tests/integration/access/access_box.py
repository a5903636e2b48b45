"""A host in a container with what the plan uses there: sshd, docker's socket, HAProxy, configuration files, backups."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ssh_host
from failback import remote
from failback.access import host_look
from failback.access.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from failback.findings import Finding

SOCKET = "/run/haproxy/admin.sock"
CONFIG = "/etc/haproxy/haproxy.cfg"
_HAPROXY = """
global
    stats socket /run/haproxy/admin.sock mode 660 user haproxy group haproxy level admin
    stats socket /run/haproxy/operator.sock mode 666 level operator
    stats socket /run/haproxy/private.sock mode 600 user haproxy group haproxy level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
backend shop
    server aws-app1 192.0.2.61:8080
    server idc-app1 127.0.0.1:8080
"""
_SETUP = """
set -e
gid=$(stat -c %g /var/run/docker.sock)
getent group $gid >/dev/null || groupadd -g $gid engine
groupadd shop
usermod -aG $(getent group $gid | cut -d: -f1),haproxy,shop ops
mkdir -p /run/sshd /run/haproxy /etc/shop /var/backups/mysql/nightly
chown haproxy:haproxy /run/haproxy /etc/haproxy && chmod 0775 /etc/haproxy && chmod 0755 /run/haproxy
cp /keys/haproxy.cfg /etc/haproxy/haproxy.cfg
chgrp shop /etc/shop && chmod 2775 /etc/shop && echo {} > /etc/shop/app.json
echo x > /var/backups/mysql/nightly/dump.sql
haproxy -D -f /etc/haproxy/haproxy.cfg
"""

# Everything that a look must leave as it is: every file's times and rights, and the servers' states.
_STATE = r"""
find /etc/shop /etc/haproxy /var/backups /tmp -printf '%p %T@ %C@ %m %u %s\n' | sort
python3 -c "
import socket
s = socket.socket(socket.AF_UNIX)
s.connect('/run/haproxy/admin.sock')
s.sendall(b'show servers state\n')
print([line.split()[:7] for line in s.makefile()])"
"""
_LOOK = f"""
{_STATE}
echo -----
HOME=/home/ops setpriv --reuid=ops --regid=ops --init-groups /usr/bin/python3 -I -S -
echo -----
{_STATE}
"""


@dataclass
class Box:
    """One host; ``look`` runs the real program there as the SSH user and judges what it says."""

    ssh: ssh_host.SshHost
    group: str
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.ssh.container

    def root(self, script: str) -> str:
        """Run a shell script there as root."""
        return self.ssh.run("sh", "-ec", script)

    def site(self, **more: Any) -> Site:
        """The site with this host alone; which group it is in decides what is looked at."""
        values = {"ansible_host": self.ssh.address, "ansible_user": "ops", **self.variables, **more}
        pair = {"db_idc_host": "box", "db_container": self.name, "backup_sources": [], **values.pop("pair", {})}
        return Site({"box": values, "shop-db": pair}, {self.group: ("box",), "databases": ("shop-db",)})

    def look(self, **more: Any) -> list[Finding]:
        """Look as prepare does; files, containers and the load balancer must be left as they are."""
        site = self.site(**more)
        wanted = host_look.request(site, "box")
        wanted["files"] += [path for path in host_look.restored_files(site, "box") if path not in wanted["files"]]
        # One call for all of it: what is there before, the agent as the SSH user, what is there after.
        argv = ["docker", "exec", "-i", self.name, "sh", "-ec", _LOOK]
        program = remote.program(("failback.access.host_agent",), wanted)
        done = subprocess.run(argv, input=program, capture_output=True, text=True, check=False, timeout=60)
        before, said, after = done.stdout.split("-----\n")
        assert before == after, "a look changes nothing"
        return host_look.judge(site, "box", remote.report(0, said, done.stderr, "box"))


def start(directory: Path) -> Box:
    """Start the container and everything in it, 2 seconds."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "haproxy.cfg").write_text(_HAPROXY)
    for name in ("host", "client"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
        subprocess.run(argv, check=True, capture_output=True)
    (directory / "sshd_config").write_text(ssh_host._CONFIG.format(forwarding="yes"))
    name = f"rrt-access-{os.getpid()}-{time.monotonic_ns() % 1_000_000}"
    argv = ["docker", "run", "-d", "--name", name, "--label", "rr.test=1", "--cap-add", "NET_ADMIN"]
    argv += ["-v", f"{directory}:/keys:ro", "-v", "/var/run/docker.sock:/var/run/docker.sock"]
    argv += [
        "--entrypoint",
        "/bin/sh",
        ssh_host.image(),
        "-c",
        f"{_SETUP}\nexec /usr/sbin/sshd -D -e -f /keys/sshd_config",
    ]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    inspect = ["docker", "inspect", "-f", "{{json .NetworkSettings}}", name]
    address = json.loads(subprocess.run(inspect, check=True, capture_output=True, text=True).stdout)["IPAddress"]
    public = " ".join((directory / "host.pub").read_text().split()[:2])
    (directory / "known_hosts").write_text(f"{address} {public}\n")
    box = Box(ssh_host.SshHost(name, address, directory), "app_hosts")
    limit = time.monotonic() + 90
    while subprocess.run(
        ["docker", "exec", name, "sh", "-c", "ls /run/haproxy/admin.sock && pidof sshd"],
        capture_output=True,
        check=False,
    ).returncode:
        if time.monotonic() > limit:
            logs = subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=False)
            stop(box)
            raise AssertionError(f"the host did not start: {logs.stderr}")
        time.sleep(0.1)
    return box


def stop(box: Box) -> None:
    """Remove the container."""
    subprocess.run(["docker", "rm", "-f", box.name], capture_output=True, check=False, timeout=60)
