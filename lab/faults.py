"""What can go wrong before or during a drill, done to the lab's real parts. Scenarios name these (scenarios.yml)."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pymysql

from lab import docker_api, keys
from lab.errors import LabError
from lab.progress import step
from lab.topology import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.paths import LabPaths


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


FAULTS: dict[str, Callable[[LabPaths], None]] = {"lose_idc_data": lose_idc_data, "corrupt_rds": corrupt_rds}


def inject(paths: LabPaths, name: str) -> None:
    """Do one fault. Raises LabError for an unknown one."""
    if name not in FAULTS:
        raise LabError(f"There is no fault {name}; there are: {', '.join(FAULTS)}.")
    with step(f"Fault: {name}"):
        FAULTS[name](paths)
