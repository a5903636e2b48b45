"""A small site of real parts: two application hosts with sshd, the shop beside each, HAProxy in front, MySQL behind."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING, Any, Self

import pymysql
import scratch_mysql
from daemons import image, wait_until
from run_tasks import ROOT, Played, local_host, play

from lab.shop import data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from scratch_mysql import TestServer

OPS = 1000
APPS = ("app1", "app2")
LB = "lb1"
ROWS = 20_000
CODE = f"{ROOT / 'lab'}:/opt/rr/lab:ro"
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"
HEALTH = "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=1)"
CONTAINERS = [
    {
        "name": "shop",
        "hosts": "app_hosts",
        "container": "rrt-env-{host}-shop",
        "ready_url": "http://{address}:8080/readyz",
    }
    | {"server": "{host}"},
    {"name": "haproxy", "hosts": "load_balancers", "container": "rrt-env-lb1-haproxy", "needs": ["shop"]}
    | {"restart": "needed", "ready_url": "http://{address}/lb/healthz"},
]


def docker(*argv: str, check: bool = True) -> str:
    """Run docker; return what it said."""
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False, timeout=90)
    assert not check or done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout.strip()


def remove_all() -> None:
    """Remove what an earlier, killed run of these tests left."""
    found = docker("ps", "-aq", "--filter", "label=rr.test=environment").split()
    if found:
        docker("rm", "-f", *found, check=False)


@dataclass
class Site:
    """The site, and how a test asks and disturbs it."""

    root: Path
    server: TestServer
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def door(self) -> dict[str, str]:
        """The way in."""
        return {"name": LB, "url": f"http://{self.addresses[LB]}", "host_header": "www.example.org"}

    def etc(self, host: str) -> Path:
        """The directory of a host's configuration, as the host sees it below /etc."""
        return self.root / host / ("haproxy" if host == LB else "shop")

    def inventory(self) -> dict[str, dict[str, Any]]:
        """Every host with what Ansible needs."""
        common = f"-o UserKnownHostsFile={self.root}/known_hosts -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        ssh = {
            "ansible_user": "ops",
            "ansible_ssh_private_key_file": str(self.root / "id"),
            "ansible_ssh_common_args": common,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        return {host: {**ssh, "ansible_host": address} for host, address in self.addresses.items()}

    def play(
        self, work: Path, tasks: Sequence[dict[str, Any]], *, only: Sequence[str] = (), check: bool = False, **more: Any
    ) -> Played:
        """Run tasks on hosts of the site; ``more`` are variables of all of them."""
        shared = {"baseline_directory": str(self.root / "baseline"), "service_containers": CONTAINERS, **more}
        shared |= {"lb_socket": "/run/haproxy/admin.sock", "lb_backend": "shop", "rr_home": str(self.root)}
        hosts = {h: {**v, **shared} for h, v in self.inventory().items() if not only or h in only}
        groups = {"app_hosts": [h for h in hosts if h in APPS], "load_balancers": [h for h in hosts if h == LB]}
        return play(work, tasks, hosts, check=check, groups=groups)

    def service(self, work: Path, tasks: Sequence[dict[str, Any]], *, check: bool = False) -> Played:
        """Run tasks for the service, on this machine."""
        return play(work, tasks, {"shop": local_host()}, check=check)

    def ask(self, path: str, address: str = "") -> tuple[int, str]:
        """Ask through the front door, or an address, as a user would."""
        connection = http.client.HTTPConnection(address or self.addresses[LB], timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def states(self) -> dict[str, str]:
        """The servers' administrative and operational state in HAProxy."""
        ask = "import socket as s;c=s.socket(s.AF_UNIX);c.connect('/run/haproxy/admin.sock');"
        ask += "c.send(b'show stat shop 4 -1\\n');print(c.makefile().read())"
        lines = docker("exec", f"rrt-env-{LB}", "python3", "-c", ask, check=False).splitlines()
        cells = [line.split(",") for line in lines if line.startswith("shop,")]
        return {row[1]: row[17] for row in cells}

    def started(self, name: str) -> str:
        """When a container was started."""
        return docker("inspect", "-f", "{{.State.StartedAt}}", name)

    def put_right(self) -> None:
        """Start what a test stopped and give servers back."""
        for host in APPS:
            self.configure(host)
            docker("start", f"rrt-env-{host}-shop", check=False)
            self.admin(f"set server shop/{host} state ready")
        wait_until(lambda: set(self.states().values()) == {"UP"}, lambda: f"the pool is not well: {self.states()}")

    def admin(self, command: str) -> None:
        """Send one command to HAProxy."""
        ask = f"import socket as s;c=s.socket(s.AF_UNIX);c.connect('/run/haproxy/admin.sock');c.send(b'{command}\\n')"
        docker("exec", f"rrt-env-{LB}", "python3", "-c", ask + ";c.recv(99)")

    def configure(self, host: str) -> None:
        """Write the application's configuration, owned by the login user."""
        etc = self.etc(host)
        etc.mkdir(parents=True, exist_ok=True)
        database = {"host": self.server.host, "user": "rr_admin", "password_file": "/etc/shop/db_password"}
        settings = {"listen": 8080, "database": {**database, "name": "shop", "pool": 4}}
        (etc / "app.json").write_text(json.dumps(settings, indent=2) + "\n")
        shutil.copy(self.server.secrets / "rr_admin", etc / "db_password")
        for path, mode in ((etc, 0o755), (etc / "app.json", 0o644), (etc / "db_password", 0o600)):
            path.chmod(mode)
            os.chown(path, OPS, OPS)


class Clients:
    """Users who ask all the time; what they saw is kept."""

    def __init__(self, site: Site, path: str = "/api/whoami") -> None:
        self.good = 0
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._site, self._path = site, path
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(3)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            status, said = self._site.ask(self._path)
            if status == 200:
                self.good += 1
            else:
                self.failed.append(f"{time.strftime('%X')} {status} {said}")
            self._stop.wait(0.02)


def start(root: Path) -> Iterator[Site]:
    """Bring the site up, and take it down at the end."""
    remove_all()
    root.chmod(0o755)
    site = Site(root, scratch_mysql.start("env"))
    try:
        _keys(root)
        with ThreadPoolExecutor(3) as pool:
            loading = pool.submit(_load, site.server)
            for host in (*APPS, LB):
                site.addresses[host] = _host(site, host)
            loading.result()
        known = [f"{a} {(root / 'host.pub').read_text().strip()}" for a in site.addresses.values()]
        (root / "known_hosts").write_text("\n".join(known) + "\n")
        for host in APPS:
            _shop(site, host)
        _haproxy(site)
        wait_until(lambda: bool(site.states()), lambda: docker("logs", f"rrt-env-{LB}-haproxy"))
        site.put_right()
        yield site
    finally:
        remove_all()
        docker("rm", "-f", site.server.container, check=False)


def _load(server: TestServer) -> None:
    connection = pymysql.connect(host=server.host, user="rr_admin", password="rr_admin-password-1")
    data.load(connection, ROWS)
    connection.close()


def _keys(root: Path) -> None:
    for name in ("id", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(root / name)], check=True)
    ssh = root / "ssh"
    ssh.mkdir()
    (ssh / "ssh_host_ed25519_key").write_bytes((root / "host").read_bytes())
    (ssh / "ssh_host_ed25519_key").chmod(0o600)
    (ssh / "authorized_keys").write_bytes((root / "id.pub").read_bytes())
    (ssh / "sshd_config").write_bytes((ROOT / "lab" / "templates" / "sshd_config").read_bytes())


def _run(name: str, *argv: str) -> None:
    docker("run", "-d", "--name", name, "--label", "rr.test=environment", *argv)


def _host(site: Site, host: str) -> str:
    name, folder = f"rrt-env-{host}", site.root / host
    mounts = ["-v", SOCKET, "-v", CODE, "-v", f"{site.root / 'ssh'}:/etc/rr-ssh:ro"]
    if host == LB:
        for part in ("haproxy", "run"):
            (folder / part).mkdir(parents=True)
        (folder / "run").chmod(0o777)
        mounts += ["-v", f"{folder / 'haproxy'}:/etc/haproxy", "-v", f"{folder / 'run'}:/run/haproxy"]
    else:
        site.configure(host)
        # A file system that a test can fill, and one that no growth of this machine disturbs.
        mounts += ["-v", f"{site.etc(host)}:/etc/shop", "--tmpfs", "/srv/data:size=8m,mode=777"]
        mounts += ["--cap-add", "NET_ADMIN"]  # for root, so that a test can change routes; the login user has no rights
    _run(name, *mounts, image(), "sh", "/opt/rr/lab/entry/host.sh")
    return docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", name)


def _shop(site: Site, host: str) -> None:
    health = ["--health-cmd", f'python3 -c "{HEALTH}"', "--health-interval", "1s", "--health-retries", "2"]
    argv = [
        "--network",
        f"container:rrt-env-{host}",
        "--user",
        "ops",
        "-v",
        CODE,
        "-v",
        f"{site.etc(host)}:/etc/shop:ro",
    ]
    argv += ["-e", "PYTHONPATH=/opt/rr", "-e", "PYTHONDONTWRITEBYTECODE=1", "-e", "SESSION_SALT=very-secret-salt"]
    shop = ["python3", "-m", "lab.shop.app", "--config", "/etc/shop/app.json"]
    _run(f"rrt-env-{host}-shop", *argv, *(health if host == "app1" else []), image(), *shop)


def _haproxy(site: Site) -> None:
    servers = "\n".join(f"    server {host} {site.addresses[host]}:8080" for host in APPS)
    text = Template((ROOT / "lab" / "templates" / "haproxy.cfg").read_text()).safe_substitute(hold_limit=30)
    text = text[: text.index("    server aws-app1")] + servers + "\n"
    etc = site.etc(LB)
    (etc / "haproxy.cfg").write_text(text)
    beside = ("rr_hold.lua", "maintenance.html", "rr_stopgap.map", "stopgap.html", "read-only.html", "read-only.json")
    for name in beside:
        shutil.copy(ROOT / "lab" / "templates" / name, etc / name)
    for path in (etc, *etc.iterdir()):
        os.chown(path, OPS, OPS)
    mounts = ["-v", f"{etc}:/etc/haproxy:ro", "-v", f"{site.root / LB / 'run'}:/run/haproxy"]
    _run(
        f"rrt-env-{LB}-haproxy",
        "--network",
        f"container:rrt-env-{LB}",
        *mounts,
        image(),
        "haproxy",
        "-W",
        "-f",
        "/etc/haproxy/haproxy.cfg",
    )
