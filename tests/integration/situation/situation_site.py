"""A whole small site of real parts: hosts, applications, HAProxy, both databases, name servers, the AWS API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import situation_inventory
import yaml
from daemons import image, wait_until
from failback.baseline import store
from moto.server import ThreadedMotoServer
from run_tasks import ROOT

from rollback_runner import content

if TYPE_CHECKING:
    from collections.abc import Iterator

    import dns_site
    import mysql_pair

HERE = Path(__file__).resolve().parent
HOSTS = ("idc-db1", "idc-app1", "aws-app1", "idc-lb1")
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"
CODE = f"{ROOT / 'lab'}:/opt/rr/lab:ro"
LABEL = "rr.test.site=situation"
REGION = "ap-northeast-2"
HAPROXY = """
global
    master-worker
    stats socket /run/haproxy/admin.sock mode 660 user haproxy group haproxy level admin expose-fd listeners
    user haproxy
    group haproxy
    set-var proc.rr_hold int(0)
    set-var proc.rr_hold_limit int(30)
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend www
    bind :80
    default_backend shop
backend shop
    option httpchk GET /healthz
    default-server check inter 300ms fall 2 rise 1
    server aws-app1 {aws}:8080
    server idc-app1 {idc}:8080 disabled
"""


def docker(*argv: str, check: bool = True) -> str:
    """Run docker; return what it said."""
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False, timeout=90)
    assert not check or done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout.strip()


@dataclass
class Site:
    """The site, and how a test asks and disturbs it."""

    root: Path
    pair: mysql_pair.Pair
    names: dns_site.Site
    moto: ThreadedMotoServer
    tag: str
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        """The inventory."""
        return self.root / "site"

    def container(self, name: str) -> str:
        """Name a container of this site as docker knows it."""
        return f"rrt-situation-{self.tag}-{name}"

    @property
    def api(self) -> str:
        """Where the AWS API is."""
        host, port = self.moto.get_host_and_port()
        return f"http://{host}:{port}"

    def aws(self, service: str) -> Any:
        """Make a client."""
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.api, **keys)

    def mood(self, host: str, text: str) -> None:
        """Tell an application how to answer."""
        (self.root / host / "app" / "mood").write_text(text)

    def forget_errors(self) -> None:
        """Empty the log of the shared server: what other tests provoked there is no error of this site."""
        Path(docker("inspect", "-f", "{{.LogPath}}", self.pair.idc.container).strip()).write_text("")

    def admin(self, command: str) -> str:
        """Send one command to HAProxy."""
        ask = "import socket as s,sys;c=s.socket(s.AF_UNIX);c.connect('/run/haproxy/admin.sock')"
        ask += ";c.send(sys.argv[1].encode()+b'\\n');print(c.makefile().read())"
        return docker("exec", self.container("idc-lb1"), "python3", "-c", ask, command)

    def states(self) -> dict[str, str]:
        """The servers' state in HAProxy."""
        with suppress(AssertionError):
            cells = [line.split(",") for line in self.admin("show stat shop 4 -1").splitlines()]
            return {row[1]: row[17] for row in cells if row[0] == "shop"}
        return {}

    def ask(self, path: str) -> int:
        """Ask through the front door."""
        with suppress(OSError), urllib.request.urlopen(f"http://{self.addresses['idc-lb1']}{path}", timeout=3) as reply:
            return int(reply.status)
        return 0

    def command(self, *argv: str, columns: int = 100, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the command on this site, without a terminal."""
        environment = {
            **os.environ,
            "RR_HOME": str(self.root),
            "COLUMNS": str(columns),
            "PYTHONPATH": str(ROOT),
            **more,
        }
        line = [sys.executable, "-m", "rollback_runner", *argv]
        return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=400)

    def play(self, incident: Path) -> subprocess.CompletedProcess[str]:
        """Play the look as the phase prepare does within an incident."""
        environment = os.environ | content.environment() | {"RR_HOME": str(self.root), "RR_INCIDENT": str(incident)}
        line = ["ansible-playbook", "-i", str(self.directory), str(ROOT / "playbooks" / "prepare" / "situation.yml")]
        return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=400)

    def look(self) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
        """Look, and read what was drawn."""
        done = self.command("situation", "-i", str(self.directory), "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout), done

    def record_baseline(self) -> None:
        """Record what the hosts run now, as `rollback-runner baseline` keeps it."""
        at = {"recorded_at": "2026-01-02T03:04:05+00:00"}
        for host in self.addresses:
            if host != "idc-db1":
                name = self.container("idc-lb1-haproxy" if host == "idc-lb1" else f"{host}-app")
                found = {"exists": True, "image": docker("inspect", "-f", "{{.Image}}", name), "restarts": 0}
                store.write(self.baseline, host, {**at, "containers": {name: found}})
        store.write(self.baseline, "shop", {**at, "latency": {"idc-lb1": {"p50": 2.0, "p95": 5.0}}})

    @property
    def baseline(self) -> str:
        """The baseline's directory, as the example has it."""
        return str(self.root / "baseline" / "shop")

    def vary(self, group: str, **values: Any) -> None:
        """Set variables of a group; without any, put them back."""
        path = self.directory / "group_vars" / f"{group}.yml"
        kept = path.with_suffix(".kept")
        if not kept.exists():
            shutil.copy(path, kept)
        found = yaml.safe_load(kept.read_text()) | values
        path.write_text(yaml.safe_dump(found))

    def put_right(self) -> None:
        """Undo what a test did."""
        for group in ("databases", "service", "all"):
            self.vary(group)
        for host in ("idc-app1", "aws-app1"):
            self.mood(host, "well")
            docker("start", self.container(f"{host}-app"), check=False)
        self.pair.idc.root("STOP REPLICA; RESET REPLICA ALL;")
        self.admin("set server shop/idc-app1 state maint")
        rds = self.aws("rds")
        with suppress(rds.exceptions.ClientError):
            rds.start_db_instance(DBInstanceIdentifier="shop-prod")
        wait_until(lambda: self.states().get("aws-app1") == "UP", lambda: f"HAProxy: {self.states()}")


def remove(label: str = LABEL) -> None:
    """Remove what this, or a killed run of these tests, left."""
    found = docker("ps", "-aq", "--filter", f"label={label}").split()
    if found:
        docker("rm", "-f", *found, check=False)


def start(root: Path, pair: mysql_pair.Pair, names: dns_site.Site) -> Iterator[Site]:
    """Bring the site up, and take it down at the end."""
    remove()
    root.chmod(0o755)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    site = Site(root, pair, names, moto, str(os.getpid()))
    try:
        _keys(root)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda host: _host(site, host), HOSTS))
            site.addresses.update(zip(HOSTS, found, strict=True))
            list(pool.map(lambda work: work(site), (_idc_app, _aws_app, _haproxy, _cloud)))
        known = [f"{a} {(root / 'host.pub').read_text().strip()}" for a in site.addresses.values()]
        (root / "known_hosts").write_text("\n".join(known) + "\n")
        situation_inventory.write(site)
        wait_until(
            lambda: site.states().get("aws-app1") == "UP", lambda: docker("logs", site.container("idc-lb1-haproxy"))
        )
        yield site
    finally:
        remove()
        moto.stop()


def _keys(root: Path) -> None:
    for name in ("id", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(root / name)], check=True)
    ssh = root / "ssh"
    ssh.mkdir()
    (ssh / "ssh_host_ed25519_key").write_bytes((root / "host").read_bytes())
    (ssh / "ssh_host_ed25519_key").chmod(0o600)
    (ssh / "authorized_keys").write_bytes((root / "id.pub").read_bytes())
    (ssh / "sshd_config").write_bytes((ROOT / "lab" / "templates" / "sshd_config").read_bytes())


def _run(site: Site, name: str, *argv: str) -> None:
    docker("run", "-d", "--name", site.container(name), "--label", LABEL, "--label", "rr.test=1", *argv)


def _host(site: Site, host: str) -> str:
    mounts = ["-v", SOCKET, "-v", CODE, "-v", f"{site.root / 'ssh'}:/etc/rr-ssh:ro"]
    if host == "idc-lb1":
        (site.root / host / "run").mkdir(parents=True)
        (site.root / host / "run").chmod(0o777)
        mounts += ["-v", f"{site.root / host / 'run'}:/run/haproxy"]
    _run(site, host, *mounts, image(), "sh", "/opt/rr/lab/entry/host.sh")
    return docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", site.container(host))


def run_app(site: Site, host: str, image_name: str) -> None:
    """Start the application beside a host, from this image."""
    mounts = ["-v", f"{HERE / 'small_app.py'}:/app.py:ro", "-v", f"{site.root / host / 'app'}:/etc/app:ro"]
    network = f"container:{site.container(host)}"
    _run(site, f"{host}-app", "--network", network, *mounts, image_name, "python3", "-u", "/app.py")


def _app(site: Site, host: str) -> None:
    (site.root / host / "app").mkdir(parents=True)
    site.mood(host, "well")
    run_app(site, host, image())


def _idc_app(site: Site) -> None:
    _app(site, "idc-app1")


def _aws_app(site: Site) -> None:
    _app(site, "aws-app1")


def _haproxy(site: Site) -> None:
    folder = site.root / "idc-lb1"
    text = HAPROXY.format(aws=site.addresses["aws-app1"], idc=site.addresses["idc-app1"])
    (folder / "haproxy.cfg").write_text(text)
    mounts = ["-v", f"{folder / 'haproxy.cfg'}:/etc/haproxy/haproxy.cfg:ro", "-v", f"{folder / 'run'}:/run/haproxy"]
    argv = ["--network", f"container:{site.container('idc-lb1')}", *mounts, image()]
    _run(site, "idc-lb1-haproxy", *argv, "haproxy", "-W", "-f", "/etc/haproxy/haproxy.cfg")


def _cloud(site: Site) -> None:
    rds = site.aws("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName="shop-prod-mysql", DBParameterGroupFamily="mysql8.4", Description="d"
    )
    group = site.aws("ec2").create_security_group(GroupName="shop", Description="d")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "10.0.0.0/24"}]}
    site.aws("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    rds.create_db_instance(
        DBInstanceIdentifier="shop-prod",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="a",
        MasterUserPassword="testing-password",
        DBParameterGroupName="shop-prod-mysql",
        VpcSecurityGroupIds=[group],
        BackupRetentionPeriod=7,
    )
    (site.root / "group.id").write_text(group)
    (site.root / "aws").write_text("[test]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    (site.root / "aws").chmod(0o600)
