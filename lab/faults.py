"""What can go wrong before or during a drill, done to the lab's real parts. Scenarios name these (scenarios.yml)."""

from __future__ import annotations

import base64
import json
import shutil
import urllib.request
from functools import partial
from typing import TYPE_CHECKING

import pymysql

from lab import docker_api, keys, ready
from lab.commands import run
from lab.desk.app import HTTP_PORT
from lab.errors import LabError
from lab.progress import step
from lab.topology import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.paths import LabPaths

_DESK_SECONDS = 5.0
_BACK_SECONDS = 90.0  # until a database that was killed has recovered and answers


def lose_idc_data(paths: LabPaths) -> None:
    """Kill the IDC's MySQL and empty its data directory, as a dead disk that was replaced leaves it."""
    docker_api.kill("idc-db1-mysql")
    for left in (paths.data / "idc").iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def corrupt_rds(paths: LabPaths) -> None:
    """Let a faulty job of the application run on RDS: prices a hundred times too high, reviews gone, stock emptied."""
    connection = pymysql.connect(
        host=ADDRESS["aws-rds"],
        user="shop_batch",
        password=keys.read(paths, "shop_batch"),
        database="shop",
        ssl={"ca": str(paths.ca / "ca.pem")},
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE products SET price = price * 100 WHERE id % 7 = 0")
        cursor.execute("DELETE FROM reviews WHERE id % 11 = 0")
        cursor.execute("UPDATE stock SET quantity = 0 WHERE product_id % 13 = 0")


def desk(paths: LabPaths, **fault: object) -> None:
    """Let a way to people misbehave (lab/desk/faults.py), until the desk is told otherwise or starts again."""
    login = base64.b64encode(keys.read(paths, "desk-login").encode()).decode()
    request = urllib.request.Request(f"http://{ADDRESS['idc-dns2']}:{HTTP_PORT}/faults", json.dumps(fault).encode())
    request.add_header("Authorization", f"Basic {login}")
    try:
        urllib.request.urlopen(request, timeout=_DESK_SECONDS).close()  # noqa: S310 - the lab's own desk
    except OSError as error:
        raise LabError(f"The desk does not take the fault: {error}.") from error


def mend_desk(paths: LabPaths) -> None:
    """Take back every fault of the desk."""
    for way in ("chat", "mail", "page"):
        desk(paths, way=way, mode="none")


def prometheus_gone(_paths: LabPaths) -> None:
    """Kill the Prometheus that follows the figures; a reset of the lab starts it again."""
    docker_api.kill("idc-dns2-prometheus")


def killed(container: str, _paths: LabPaths) -> None:
    """Kill a service as a power cut would."""
    docker_api.kill(container)


def started(container: str, _paths: LabPaths) -> None:
    """Start a service that was killed; what it keeps on its disk is as it was."""
    docker_api.start(container)


def rds_back(paths: LabPaths) -> None:
    """Start RDS again and wait until it answers, as one does who was told that it is back."""
    docker_api.start("aws-rds-mysql")
    ready.wait_for("RDS", _BACK_SECONDS, lambda: ready.mysql(paths, "rds"))


def silent(container: str, _paths: LabPaths) -> None:
    """Freeze a service: it takes connections and answers nobody."""
    docker_api.pause(container)


def aws_api_back(_paths: LabPaths) -> None:
    """Let the AWS API answer again."""
    docker_api.unpause("aws-api-moto")


def network_cut(_paths: LabPaths) -> None:
    """Drop what the IDC's database sends to RDS; nobody is told."""
    _nft("add", "table", "inet", "fault")
    _nft("add", "chain", "inet", "fault", "in", "{ type filter hook input priority -10 ; }")
    _nft("add", "rule", "inet", "fault", "in", "ip", "saddr", ADDRESS["idc-db1"], "drop")


def network_back(_paths: LabPaths) -> None:
    """Take that rule away again."""
    _nft("delete", "table", "inet", "fault")


def _nft(*words: str) -> None:
    run(["docker", "exec", "rr-aws-rds", "nft", *words], timeout=20)


FAULTS: dict[str, Callable[[LabPaths], None]] = {
    "lose_idc_data": lose_idc_data,
    "corrupt_rds": corrupt_rds,
    "chat_dead": partial(desk, way="chat", mode="dead"),
    "chat_slow": partial(desk, way="chat", mode="slow", seconds=30),
    "mail_dead": partial(desk, way="mail", mode="dead"),
    "status_page_broken": partial(desk, way="page", mode="status", status=500),
    "mend_desk": mend_desk,
    "prometheus_gone": prometheus_gone,
    "rds_dead": partial(killed, "aws-rds-mysql"),
    "rds_back": rds_back,
    "idc_dead": partial(killed, "idc-db1-mysql"),
    "aws_lb_dead": partial(killed, "aws-lb1-haproxy"),
    "aws_lb_back": partial(started, "aws-lb1-haproxy"),
    "aws_api_silent": partial(silent, "aws-api-moto"),
    "aws_api_back": aws_api_back,
    "dns_dead": partial(killed, "idc-dns1-named"),
    "dns_back": partial(started, "idc-dns1-named"),
    "network_cut": network_cut,
    "network_back": network_back,
}

# What takes a fault back, where something does; a reset of the lab takes back all of them.
MENDS = {
    "chat_dead": "mend_desk",
    "chat_slow": "mend_desk",
    "mail_dead": "mend_desk",
    "status_page_broken": "mend_desk",
    "rds_dead": "rds_back",
    "aws_lb_dead": "aws_lb_back",
    "aws_api_silent": "aws_api_back",
    "dns_dead": "dns_back",
    "network_cut": "network_back",
}


def known(name: str) -> None:
    """Refuse an unknown fault. Raises LabError naming those there are."""
    if name not in FAULTS:
        raise LabError(f"There is no fault {name}; there are: {', '.join(FAULTS)}.")


def inject(paths: LabPaths, name: str) -> None:
    """Do one fault. Raises LabError for an unknown one."""
    known(name)
    with step(f"Fault: {name}"):
        FAULTS[name](paths)
