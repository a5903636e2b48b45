"""Up to 200 hosts on this machine: real sshd behind an address each, a real container each, one Docker Engine for all.

Stated simplification: the addresses lie on one container with one sshd, which forks for every connection as on 200
machines, and the hosts share this machine's engine and its cores. So hosts do not work beside each other as machines of
their own do: what they need of the processor adds up, for us and for what we are compared with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from benchmarks.restore_data import ROOT, scratch_mysql

LABEL = "rr.bench=scale"
SSHD = "rr-scale-hosts"
PORT = 8081
_READY = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"server_uuid": "%s"}' % sys.argv[2].encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Ready).serve_forever()
"""


def docker(*argv: str, check: bool = True) -> str:
    """Run docker and return what it said."""
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"docker {' '.join(argv)}: {done.stderr}")
    return done.stdout.strip()


def remove() -> None:
    """Remove everything of an earlier measurement."""
    found = docker("ps", "-aq", "--filter", f"label={LABEL}").split()
    if found:
        docker("rm", "-f", *found, check=False)


class Site:
    """The hosts, their inventories, and the server that the application's account must reach."""

    def __init__(self, place: Path, count: int, server: scratch_mysql.TestServer) -> None:
        self.place, self.server = place, server
        self.names = [f"app{number:03}" for number in range(1, count + 1)]
        place.mkdir(parents=True)
        place.chmod(0o755)
        remove()
        self._sshd()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._container, self.names))

    def inventory(self, count: int) -> Path:
        """Write an inventory of the first hosts, with the variables that our roles read."""
        hosts = {
            name: {"ansible_host": self.address(number)} for number, name in enumerate(self.names[:count], start=1)
        }
        common = f"-o UserKnownHostsFile={self.place}/known_hosts -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        login = self.server.login_dict()
        shared: dict[str, Any] = {
            "ansible_user": "ops",
            "ansible_ssh_private_key_file": str(self.place / "id"),
            "ansible_ssh_common_args": common,
            "ansible_python_interpreter": "/usr/bin/python3",
            "app_container": "rr-scale-{{ inventory_hostname }}",
            "app_config_template": str(self.place / "app.json.j2"),
            "app_config_file": "/home/ops/{{ inventory_hostname }}.json",
            "app_ready_url": f"http://127.0.0.1:{PORT}/readyz",
            "app_reload_command": ["true"],
            "service_containers": [{"name": "shop", "hosts": "app_hosts", "container": "rr-scale-{host}"}],
            "baseline_directory": str(self.place / "baseline"),
            "environment_servers": [login],
            "environment_failback": f"scale-{time.time_ns()}",
            "environment_stop_timeout": 1,
        }
        local = {"ansible_connection": "local", "db_idc": login, "db_app_login": login}
        groups = {
            "app_hosts": {"hosts": hosts, "vars": shared},
            "load_balancers": {"hosts": {}},
            "databases": {"hosts": {"shop-db": local}},
        }
        path = self.place / f"hosts-{count}.yml"
        path.write_text(yaml.safe_dump({"all": {"children": groups}}), encoding="utf-8")
        text = '{"host": "{{ inventory_hostname }}", "database": "{{ hostvars[app_database].db_idc.host }}"}'
        (self.place / "app.json.j2").write_text(text, encoding="utf-8")
        return path

    def address(self, number: int) -> str:
        """Return the address of a host, on the network of the engine's bridge."""
        return f"{self._network}.{200 + number // 250}.{1 + number % 250}"

    def _sshd(self) -> None:
        place = self.place
        for name in ("id", "host"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(place / name)], check=True
            )
        ssh = place / "ssh"
        ssh.mkdir()
        shutil.copy(place / "host", ssh / "ssh_host_ed25519_key")
        shutil.copy(place / "id.pub", ssh / "authorized_keys")
        shutil.copy(ROOT / "lab" / "templates" / "sshd_config", ssh / "sshd_config")
        (ssh / "ready.py").write_text(_READY)
        code = f"{ROOT / 'lab'}:/opt/rr/lab:ro"
        argv = ["-d", "--name", SSHD, "--label", LABEL, "--cap-add", "NET_ADMIN", "-v", f"{ssh}:/etc/rr-ssh:ro"]
        argv += ["-v", "/var/run/docker.sock:/var/run/docker.sock", "-v", code]
        docker("run", *argv, _image(), "sh", "/opt/rr/lab/entry/host.sh")
        self._network = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", SSHD).rsplit(".", 2)[0]
        adding = "; ".join(f"ip address add {self.address(n)}/16 dev eth0" for n in range(1, len(self.names) + 1))
        docker("exec", SSHD, "sh", "-c", adding)
        docker("exec", "-d", SSHD, "python3", "/etc/rr-ssh/ready.py", str(PORT), self.server.uuid)
        key = (place / "host.pub").read_text().strip()
        known = [f"{self.address(n)} {key}\n" for n in range(1, len(self.names) + 1)]
        (place / "known_hosts").write_text("".join(known))

    @staticmethod
    def _container(name: str) -> None:
        argv = ["-d", "--name", f"rr-scale-{name}", "--label", LABEL, "--network", "none", "--stop-signal", "KILL"]
        docker("run", *argv, "--entrypoint", "sleep", _image(), "infinity")


def _image() -> str:
    found = docker("images", "rr-lab-host", "--format", "{{.Repository}}:{{.Tag}}").split()
    if not found:
        raise RuntimeError("no image of the lab's hosts: rollback-runner lab up builds it")
    return found[0]


def tree(root: int) -> list[int]:
    """List a process and all below it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = [root]
    for one in found:
        found += parents.get(one, [])
    return found


def memory(root: int) -> float:
    """Return what a process and all below it hold, in MB: what they share counts once."""
    total = 0
    for pid in tree(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def spent() -> float:
    """Return the processor seconds of all processes that ended below this one."""
    used = os.times()
    return used.children_user + used.children_system
