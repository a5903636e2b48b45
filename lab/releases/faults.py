"""What can go wrong with a rollback of a deployment, done to the real parts of the releases lab."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any

from lab.errors import LabError
from lab.progress import step
from lab.releases import mysql
from lab.releases.applications import SHOP
from lab.releases.containers import docker
from lab.releases.topology import API_PORT, DIRECTORY, EDGE, WEB2

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.releases.topology import Paths

SECONDS = 5.0
# Of the stand-in for Vercel (lab/vercel/README.md), as `vercel_NAME`.
VERCEL: dict[str, dict[str, Any]] = {
    name: {"name": name}
    for name in (
        *("rate_limited", "dropped", "server_error", "job_failed", "superseded", "hobby", "token_expired"),
        *("wrong_team", "deleted", "already_live", "rolling", "aliases_failed", "none"),
    )
} | {"slow": {"name": "slow", "seconds": 20}}


def web2_image_gone(_paths: Paths) -> None:
    """Remove every image that does not run from the second host, as a careless clean-up does."""
    docker("exec", WEB2.container, "docker", "image", "prune", "--all", "--force")


def web2_next_not_ready(_paths: Paths) -> None:
    """Let whatever starts next on the second host not become ready: its settings name a database that is not there."""
    line = "printf 'SHOP_DB_HOST=192.0.2.1\\n' >> host.env"
    docker("exec", "--user", "ops", "--workdir", DIRECTORY, WEB2.container, "sh", "-c", line)


def schema_drifted(_paths: Paths) -> None:
    """Let somebody add a column by hand, that no migration knows."""
    mysql.sql(f"ALTER TABLE {SHOP.schema}.orders ADD COLUMN by_hand INT NULL;")


def half_applied(_paths: Paths) -> None:
    """Let the third migration look as if it had died after its first statement."""
    mysql.sql(
        f"ALTER TABLE {SHOP.schema}.orders DROP COLUMN channel;"
        f"DELETE FROM {SHOP.schema}.__drizzle_migrations ORDER BY id DESC LIMIT 1;"
    )


def edited_migration(_paths: Paths) -> None:
    """Let the newest row of the migration table name a file that nobody has."""
    mysql.sql(f"UPDATE {SHOP.schema}.__drizzle_migrations SET hash = REPEAT('0', 64) ORDER BY id DESC LIMIT 1;")


def vercel(paths: Paths, fault: dict[str, Any]) -> None:
    """Switch a fault of the stand-in on. Raises LabError."""
    context = ssl.create_default_context(cafile=str(paths.ca / "ca.pem"))
    url = f"https://{EDGE.address}:{API_PORT}/_stand-in/faults"
    request = urllib.request.Request(url, json.dumps(fault).encode(), {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=SECONDS, context=context).close()  # noqa: S310 - as above
    except OSError as error:
        raise LabError(f"The stand-in for Vercel does not take the fault: {error}.") from error


FAULTS: dict[str, Callable[[Paths], None]] = {
    "web2_image_gone": web2_image_gone,
    "web2_next_not_ready": web2_next_not_ready,
    "schema_drifted": schema_drifted,
    "half_applied": half_applied,
    "edited_migration": edited_migration,
}


def inject(paths: Paths, name: str) -> None:
    """Do one fault. Raises LabError for an unknown one."""
    known = [*FAULTS, *(f"vercel_{fault}" for fault in VERCEL)]
    if name not in known:
        raise LabError(f"There is no fault {name}; there are: {', '.join(known)}.")
    with step(f"Fault: {name}"):
        if name in FAULTS:
            FAULTS[name](paths)
        else:
            vercel(paths, VERCEL[name.removeprefix("vercel_")])
