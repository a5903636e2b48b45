"""What each container of the releases lab is made of, and the files it sees."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from lab.files import write
from lab.paths import LAB_SOURCE, TEMPLATES
from lab.releases import identity
from lab.releases.applications import WINDOW
from lab.releases.containers import Spec
from lab.releases.topology import API_PORT, CLIENT, DB, DIRECTORY, EDGE, HOLD_LIMIT, LB, PORT, SOURCE, WEB, WEB1, WEB2

if TYPE_CHECKING:
    from lab.releases.topology import Host, Paths

CODE = (str(LAB_SOURCE), "/opt/rr/lab", "ro")
PYTHON = (("PYTHONPATH", "/opt/rr"), ("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1"))
HAPROXY = f"{LB.name}-haproxy"
EDGE_SERVICE = f"{EDGE.name}-vercel"
LEDGERS = "/var/lib/rr-ledger"
FIRST_UPSTREAM = 9001
# The number of the user `shop` in the application's images (recipes.APPLICATION).
SHOP_USER = 1000
IDLE = ("tini", "--", "sleep", "infinity")


def hosts(paths: Paths, image: str) -> tuple[Spec, ...]:
    """Describe the hosts."""
    return (
        *(_web(paths, host, image) for host in WEB),
        Spec(
            LB.container,
            image,
            ("tini", "--", "sh", "/opt/rr/lab/releases/entry/lb.sh"),
            address=LB.address,
            mounts=(
                CODE,
                (str(paths.host(LB, "ssh")), "/etc/rr-ssh", "ro"),
                (str(paths.host(LB, "etc-haproxy")), "/etc/haproxy", "rw"),
                (str(paths.host(LB, "run-haproxy")), "/run/haproxy", "rw"),
            ),
        ),
        *(Spec(host.container, image, IDLE, address=host.address) for host in (DB, EDGE)),
        Spec(
            CLIENT.container,
            image,
            IDLE,
            address=CLIENT.address,
            environment=PYTHON,
            mounts=(
                CODE,
                (str(paths.ledger), LEDGERS, "rw"),
                (str(paths.ca / "ca.pem"), "/etc/rr/ca.pem", "ro"),
            ),
        ),
    )


def _web(paths: Paths, host: Host, image: str) -> Spec:
    return Spec(
        host.container,
        image,
        ("tini", "-g", "--", "sh", "/opt/rr/lab/releases/entry/web.sh"),
        address=host.address,
        engine=True,
        mounts=(
            CODE,
            (str(paths.host(host, "ssh")), "/etc/rr-ssh", "ro"),
            (str(paths.host(host, "srv-shop")), DIRECTORY, "rw"),
            (str(paths.host(host, "engine")), "/var/lib/docker", "rw"),
        ),
    )


def haproxy(paths: Paths, image: str) -> Spec:
    """Describe the load balancer."""
    return Spec(
        HAPROXY,
        image,
        ("haproxy", "-W", "-S", "/run/haproxy/master.sock,mode,660,group,haproxy", "-f", "/etc/haproxy/haproxy.cfg"),
        beside=LB.container,
        mounts=(
            (str(paths.host(LB, "etc-haproxy")), "/etc/haproxy", "ro"),
            (str(paths.host(LB, "run-haproxy")), "/run/haproxy", "rw"),
        ),
    )


def edge(paths: Paths, image: str) -> Spec:
    """Describe the stand-in for Vercel, API and edge in one process (lab/vercel)."""
    command = [
        *("python3", "-m", "lab.vercel", "--listen", EDGE.address, "--job-seconds", "2"),
        *("--state", "/var/lib/rr-vercel/state.json", "--seed", "/etc/rr/seed.json"),
        *("--token-file", "/etc/rr/vercel-token", "--bypass-file", "/etc/rr/vercel-bypass"),
        *("--certificate", "/etc/rr/edge.pem", "--key", "/etc/rr/edge-key.pem"),
        *("--api-port", str(API_PORT), "--edge-port", "80", "--edge-tls-port", "443"),
    ]
    return Spec(
        EDGE_SERVICE,
        image,
        ("tini", "--", *command),
        beside=EDGE.container,
        environment=PYTHON,
        mounts=(
            CODE,
            (str(paths.host(EDGE, "etc-rr")), "/etc/rr", "ro"),
            (str(paths.host(EDGE, "state")), "/var/lib/rr-vercel", "rw"),
        ),
    )


def upstreams(paths: Paths, built: dict[str, str]) -> dict[str, Spec]:
    """Describe the window's releases: each runs all the time, at a port of its own beside the edge."""
    etc = paths.host(EDGE, "etc-rr")
    return {
        release: Spec(
            f"{EDGE.name}-{release}",
            image,
            (),
            beside=EDGE.container,
            environment=(
                ("SHOP_PORT", str(FIRST_UPSTREAM + number)),
                ("SHOP_DB_HOST", DB.address),
                ("SHOP_DB_USER", "shop_app"),
                ("SHOP_DB_NAME", WINDOW.schema),
                ("SHOP_DB_PASSWORD_FILE", "/run/shop/db_password"),
                ("SHOP_DB_CA_FILE", "/run/shop/ca.pem"),
            ),
            mounts=((str(etc / "shop"), "/run/shop", "ro"),),
        )
        for number, (release, image) in enumerate(built.items())
    }


def upstream_urls(built: dict[str, str]) -> dict[str, str]:
    """Give the address where each of the window's releases answers the edge."""
    return {release: f"http://127.0.0.1:{FIRST_UPSTREAM + number}" for number, release in enumerate(built)}


def load_balancer(paths: Paths, users: dict[str, int]) -> None:
    """Write HAProxy's files, owned by `ops`, who changes them."""
    from lab.configs import folder  # noqa: PLC0415 - needs the lab's optional dependencies

    etc, owner = paths.host(LB, "etc-haproxy"), users["ops"]
    folder(etc, owner)
    folder(paths.host(LB, "run-haproxy"), users["haproxy"])
    form = Template((SOURCE / "templates" / "haproxy.cfg").read_text(encoding="utf-8"))
    values = {"hold_limit": HOLD_LIMIT, "web1": WEB1.address, "web2": WEB2.address, "port": PORT}
    write(etc / "haproxy.cfg", form.substitute(values), owner=owner)
    for source in (TEMPLATES / "rr_hold.lua", SOURCE / "templates" / "maintenance.html"):
        write(etc / source.name, source.read_bytes(), owner=owner)
    pair = (paths.ca / "lb.pem").read_bytes() + (paths.ca / "lb-key.pem").read_bytes()
    write(etc / "tls" / "lb.pem", pair, mode=0o600, owner=users["haproxy"])


def vercel(paths: Paths, seed: str) -> None:
    """Write what the stand-in starts with, and forget what it knew."""
    etc = paths.host(EDGE, "etc-rr")
    write(etc / "seed.json", seed)
    for name in ("vercel-token", "vercel-bypass"):
        write(etc / name, identity.read(paths, name) + "\n", mode=0o600)
    write(etc / "shop" / "db_password", identity.read(paths, "shop_app") + "\n", mode=0o600, owner=SHOP_USER)
    write(etc / "shop" / "ca.pem", (paths.ca / "ca.pem").read_bytes())
    for name in ("edge.pem", "edge-key.pem"):
        write(etc / name, (paths.ca / name).read_bytes(), mode=0o600)
    state = paths.host(EDGE, "state")
    state.mkdir(parents=True, exist_ok=True)
    (state / "state.json").unlink(missing_ok=True)
