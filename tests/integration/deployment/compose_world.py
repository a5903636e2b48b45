"""Two web hosts with engines of their own, three small releases on them, and a real HAProxy in front.

The releases' images hold a program alone: Python comes from the host, so an image is made and loaded in a moment.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import subprocess
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from daemons import Daemon, free_port, wait_until
from failback.deployment.compose import provider as compose
from run_tasks import ROOT, local_host

from lab.images import on_demand
from lab.releases.containers import _ENGINE
from lab.releases.recipes import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Self

    from failback.deployment.compose.provider import ComposeProvider

DIRECTORY = "/srv/shop"
RELEASES = {"r1": "2026-11-01T09:00:00Z", "r2": "2026-11-08T09:00:00Z", "r3": "2026-11-15T09:00:00Z"}
# FAIL in host.env names a release that does not get ready on that host; SLOW the seconds of an answer.
_PROGRAM = """
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
BUILD = {build!r}
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(1)
        failing = os.environ.get("FAIL") == BUILD and self.path == "/readyz"
        body = json.dumps({{"build": BUILD}}).encode()
        self.send_response(503 if failing else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
if os.environ.get("CRASH") == BUILD:
    print("no such table: customers", flush=True)
    sys.exit(3)
server = ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server.serve_forever()
"""
_COMPOSE = """
services:
  web:
    image: "{image}"
    network_mode: host
    entrypoint: ["/usr/bin/python3", "-u", "/app/serve.py"]
    environment: {{PORT: "${{RR_PORT:-8080}}", FAIL: "${{FAIL:-}}", CRASH: "${{CRASH:-}}"}}
    volumes: ["/usr:/usr:ro"]
"""
_SSHD = """
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
"""
_START = """
mkdir -p /run/sshd /srv/shop && chown ops /srv/shop
dockerd --bridge=none --iptables=false --ip6tables=false --cgroup-parent "/$(hostname)" >/var/log/dockerd.log 2>&1 &
exec /usr/sbin/sshd -D -e -f /keys/sshd_config
"""
_HAPROXY = """
global
    master-worker
    stats socket {socket} mode 660 level admin
    lua-load {hold}
    {variables}
    hard-stop-after 20s
defaults
    mode http
    option redispatch
    retries 2
    timeout connect 1s
    timeout client 600s
    timeout server 600s
frontend www
    bind 127.0.0.1:{port}
    http-request lua.rr_hold
    default_backend shop
backend shop
    balance roundrobin
    option httpchk GET /readyz
    default-server check inter 200ms fastinter 50ms fall 2 rise 1
    {servers}
"""
_HOLDS = "set-var proc.rr_hold int(0)\n    set-var proc.rr_hold_limit int(30)"


@dataclass
class Host:
    """One web host."""

    name: str
    container: str
    address: str = ""

    def run(self, *argv: str, stdin: bytes | None = None, user: str = "ops") -> str:
        """Run a command there."""
        flags = ["-i"] if stdin is not None else []
        argv = ("docker", "exec", *flags, "--user", user, self.container, *argv)
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def write(self, path: str, text: str) -> None:
        """Write a file of the application's directory."""
        folder = f"{DIRECTORY}/{path}".rpartition("/")[0]
        self.run("sh", "-c", f"mkdir -p {folder} && cat > {DIRECTORY}/{path}", stdin=text.encode())

    def read(self, path: str) -> str:
        """Read a file of the application's directory."""
        return self.run("cat", f"{DIRECTORY}/{path}")

    def has(self, path: str) -> bool:
        """Whether something lies at a path of the application's directory."""
        return self.run("sh", "-c", f"test -e {DIRECTORY}/{path} && echo yes || true") == "yes"


@dataclass
class World:
    """All of it. ``images`` by release."""

    directory: Path
    hosts: list[Host] = field(default_factory=list)
    images: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start the hosts and give them the images."""
        image = on_demand(HOST, self.directory / "build")
        self.directory.chmod(0o755)  # sshd reads the key as the user who logs in
        for name in ("host", "client"):
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.directory / name)]
            subprocess.run(argv, check=True, capture_output=True)
        (self.directory / "sshd_config").write_text(_SSHD)
        for name in ("web1", "web2"):
            host = Host(name, f"rrt-compose-{os.getpid()}-{name}")
            self.hosts.append(host)
            argv = ["run", "--detach", "--name", host.container, "--label", "rr.test=1", *_ENGINE]
            argv += ["--volume", f"{self.directory}:/keys:ro", "--volume", "/var/lib/docker"]
            _docker(*argv, "--entrypoint", "/bin/sh", image, "-c", _START)
            form = "{{.NetworkSettings.IPAddress}}"
            host.address = _docker("inspect", "--format", form, host.container).strip()
        public = " ".join((self.directory / "host.pub").read_text().split()[:2])
        (self.directory / "known_hosts").write_text("".join(f"{one.address} {public}\n" for one in self.hosts))
        for release in RELEASES:
            tag = f"rrt-compose-{os.getpid()}:{release}"
            self.images[release] = _docker("import", "-", tag, stdin=_tree(release)).strip()
        for host in self.hosts:
            wait_until(lambda host=host: self._engine(host), lambda host=host: self._log(host), 90)
            self.load(host)

    def stop(self) -> None:
        """Remove everything."""
        names = [one.container for one in self.hosts]
        subprocess.run(["docker", "rm", "-f", "-v", *names], capture_output=True, check=False, timeout=60)
        tags = [f"rrt-compose-{os.getpid()}:{one}" for one in RELEASES]
        subprocess.run(["docker", "rmi", "-f", *tags], capture_output=True, check=False, timeout=60)

    def load(self, host: Host) -> None:
        """Give a host the images that it lacks."""
        host.run("docker", "load", stdin=_docker_bytes("save", *self.images.values()), user="root")

    def lay(self, live: str = "r3", **settings: str) -> None:
        """Lay the three releases down anew, all of which served, and run one; ``settings`` go into host.env."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: self._lay(host, live, settings), self.hosts))

    def _lay(self, host: Host, live: str, settings: Mapping[str, str]) -> None:
        script = f"docker ps -aq | xargs -r docker rm -f; find {DIRECTORY} -mindepth 1 -delete"
        files: dict[str, str] = {"host.env": "".join(f"{name}={value}\n" for name, value in settings.items())}
        lines, before = [], ""
        for number, (release, created) in enumerate(RELEASES.items()):
            files |= {f"releases/{release}/{name}": text for name, text in self.files(release, created).items()}
            when = f"2026-11-{number * 7 + 2:02d}T09:00:00Z"
            lines.append({"time": when, "id": release, "from": before, "kind": "promote", "by": "ci", "reason": ""})
            before = release
            if release == live:
                break
        for release, created in RELEASES.items():
            files |= {f"releases/{release}/{name}": text for name, text in self.files(release, created).items()}
        files["served.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name, text in files.items():
                _add(tar, name, text)
        host.run("sh", "-c", script, user="root")
        host.run("tar", "-xf", "-", "-C", DIRECTORY, stdin=packed.getvalue())
        host.run("ln", "-s", f"releases/{live}", f"{DIRECTORY}/current")
        self.compose(host, live)
        wait_until(lambda: _build(host.address, 8080) == live, lambda: f"{live} does not answer on {host.name}", 60)

    def compose(self, host: Host, release: str) -> None:
        """Bring a host to a release as whoever deploys does it."""
        place = f"{DIRECTORY}/releases/{release}"
        argv = ["docker", "compose", "--project-name", "shop", "--project-directory", place, "--file"]
        argv += [f"{place}/compose.yml", "--env-file", f"{place}/.env", "--env-file", f"{DIRECTORY}/host.env"]
        host.run("env", "RR_PORT=8080", *argv, "up", "--detach", "--pull", "never", "--timeout", "2")

    def files(self, release: str, created: str) -> dict[str, str]:
        """Give the files of a release."""
        told = {"format": 1, "id": release, "created": created, "build": release, "target": "production"}
        told |= {"images": {"web": self.images[release]}, "commit": f"{release}00", "environment": ["SHOP_KEY"]}
        compose_file = _COMPOSE.format(image=self.images[release])
        return {"release.json": json.dumps(told), "compose.yml": compose_file, ".env": ""}

    def hostvars(self, balancers: Iterable[Balancer]) -> dict[str, dict[str, Any]]:
        """Give the variables of every host of the inventory."""
        common = f"-o UserKnownHostsFile={self.directory}/known_hosts -o GlobalKnownHostsFile=/dev/null"
        common += " -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        ssh = {"ansible_user": "ops", "ansible_ssh_private_key_file": str(self.directory / "client")}
        ssh |= {"ansible_ssh_common_args": common, "ansible_python_interpreter": "/usr/bin/python3"}
        found: dict[str, dict[str, Any]] = {one.name: {**ssh, "ansible_host": one.address} for one in self.hosts}
        for one in balancers:
            node = {"ansible_connection": "local", "lb_provider": "haproxy", "lb_socket": str(one.socket)}
            found[one.name] = {**node, "lb_hold_limit": 300, "lb_hold_expiry": 600, "lb_drain_timeout": 2}
        return found

    def variables(self, *balancers: Balancer, **more: Any) -> dict[str, Any]:
        """Give the variables of the application."""
        return {
            "deployment_provider": "compose",
            "deployment_domains": [{"url": balancers[0].url}],
            "compose_hosts": "web_hosts",
            "compose_project": "shop",
            "compose_directory": DIRECTORY,
            "compose_ready_url": "http://{address}:8080/readyz",
            "compose_ready_deadline": 30,
            "compose_stop_timeout": 2,
            "compose_trial_port": 8090,
            "compose_backend": {"backend": "shop", "server": "{host}"},
            **more,
        }

    def inventory(self, *balancers: Balancer, **more: Any) -> dict[str, Any]:
        """Give the whole site as Ansible reads it."""
        known = self.hostvars(balancers)
        groups = {"web_hosts": [one.name for one in self.hosts], "load_balancers": [one.name for one in balancers]}
        children = {group: {"hosts": {name: known[name] for name in names}} for group, names in groups.items()}
        children["deployments"] = {"hosts": {"shop-web": local_host(**self.variables(*balancers, **more))}}
        return {"all": {"vars": {"site_name": "made-up"}, "children": children}}

    def open(self, *balancers: Balancer, run: str = "run-1", **more: Any) -> ComposeProvider:
        """Open the application as a plugin does."""
        groups = {"web_hosts": [one.name for one in self.hosts], "load_balancers": [one.name for one in balancers]}
        beside = {"app": "shop-web", "run": run, "hostvars": self.hostvars(balancers), "groups": groups}
        return compose.open({**self.variables(*balancers), **beside, **more})

    def running(self) -> dict[str, str]:
        """Ask every host itself which build it serves."""
        return {one.name: _build(one.address, 8080) for one in self.hosts}

    def _engine(self, host: Host) -> bool:
        done = subprocess.run(["docker", "exec", host.container, "docker", "info"], capture_output=True, check=False)
        return done.returncode == 0

    def _log(self, host: Host) -> str:
        argv = ["docker", "exec", host.container, "tail", "-20", "/var/log/dockerd.log"]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


class Balancer:
    """A real HAProxy on this machine."""

    def __init__(self, directory: Path, world: World, name: str = "lb1", *, holds: bool = True, hosts: int = 2) -> None:
        directory.mkdir(parents=True)
        self.name, self.port, self.socket = name, free_port(), directory / "admin.sock"
        self.url = f"http://127.0.0.1:{self.port}"
        hold = directory / "rr_hold.lua"
        hold.write_bytes((ROOT / "lab" / "templates" / "rr_hold.lua").read_bytes())
        servers = "\n    ".join(f"server {one.name} {one.address}:8080" for one in world.hosts[:hosts])
        values = {"socket": self.socket, "hold": hold, "port": self.port, "servers": servers}
        config = directory / "haproxy.cfg"
        config.write_text(_HAPROXY.format(**values, variables=_HOLDS if holds else ""))
        self._daemon = Daemon(["haproxy", "-W", "-f", str(config)], directory, "haproxy")
        self._daemon.wait_until(lambda: _build("127.0.0.1", self.port) in RELEASES)

    def stop(self) -> None:
        """End it."""
        self._daemon.stop()


class Clients:
    """Ask all the time, each request on a connection of its own, until the block ends."""

    def __init__(self, port: int, count: int = 2) -> None:
        self.answers: list[tuple[float, str, float]] = []
        self._port, self._end = port, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for one in self._threads:
            one.join()

    @property
    def failed(self) -> list[str]:
        """What was no good answer."""
        return [build for _, build, _ in self.answers if build not in RELEASES]

    def _ask(self) -> None:
        while not self._end.is_set():
            began = time.monotonic()
            build = _build("127.0.0.1", self._port, 600)
            self.answers.append((began, build, time.monotonic() - began))
            self._end.wait(0.03)


def _build(address: str, port: int, timeout: float = 5) -> str:
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        body = answer.read()
        return str(json.loads(body)["build"]) if answer.status == http.client.OK else f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def _tree(release: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folder = tarfile.TarInfo("usr")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
        for name in ("bin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(link)
        _add(tar, "app/serve.py", _PROGRAM.format(build=release))
    return packed.getvalue()


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(text.encode()), 0o644
    tar.addfile(info, io.BytesIO(text.encode()))


def _docker_bytes(*argv: str, stdin: bytes | None = None) -> bytes:
    done = subprocess.run(["docker", *argv], input=stdin, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def _docker(*argv: str, stdin: bytes | None = None) -> str:
    return _docker_bytes(*argv, stdin=stdin).decode()
