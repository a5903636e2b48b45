"""What can go wrong before or during a drill, done to the lab's real parts. Scenarios name these (scenarios.yml)."""

from __future__ import annotations

import base64
import json
import shutil
import urllib.request
from functools import partial
from typing import TYPE_CHECKING

import pymysql

from lab import docker_api, keys
from lab.desk.app import HTTP_PORT
from lab.errors import LabError
from lab.progress import step
from lab.topology import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.paths import LabPaths

_DESK_SECONDS = 5.0


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


FAULTS: dict[str, Callable[[LabPaths], None]] = {
    "lose_idc_data": lose_idc_data,
    "corrupt_rds": corrupt_rds,
    "chat_dead": partial(desk, way="chat", mode="dead"),
    "chat_slow": partial(desk, way="chat", mode="slow", seconds=30),
    "mail_dead": partial(desk, way="mail", mode="dead"),
    "status_page_broken": partial(desk, way="page", mode="status", status=500),
    "mend_desk": mend_desk,
    "prometheus_gone": prometheus_gone,
}


def inject(paths: LabPaths, name: str) -> None:
    """Do one fault. Raises LabError for an unknown one."""
    if name not in FAULTS:
        raise LabError(f"There is no fault {name}; there are: {', '.join(FAULTS)}.")
    with step(f"Fault: {name}"):
        FAULTS[name](paths)
