"""Customers at an application's door in the client's container, and the check of their ledger against the database."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.releases import builds, mysql, parts, repository
from lab.releases.applications import BAD, GOOD, SHOP, WINDOW
from lab.releases.containers import docker
from lab.releases.topology import CLIENT, DOMAIN, EDGE, EDGE_DOMAINS, LB
from lab.releases.traffic import figures, ledger

if TYPE_CHECKING:
    from lab.releases.topology import Paths

# Address and port of the door, and the domain that customers ask for.
DOORS = {"shop-web": (LB.address, 443, DOMAIN), "shop-edge": (EDGE.address, 443, EDGE_DOMAINS[0])}
APPLICATIONS = {"shop-web": SHOP, "shop-edge": WINDOW}
# The column that holds a customer's address, in whichever release's schema.
EMAIL = ("customer_email", "contact")


def run(application: str, name: str) -> int:
    """Keep customers asking until SIGTERM or SIGINT. Raises LabError for an application nobody knows."""
    address, port, host = _door(application)
    inside = f"{parts.LEDGERS}/{name}"
    words = ["python3", "-m", "lab.releases.traffic", "--door", f"{address}:{port}", "--host", host]
    words += ["--ca-file", "/etc/rr/ca.pem", "--ledger", inside]
    clients = subprocess.Popen(["docker", "exec", CLIENT.container, *words], start_new_session=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    while clients.poll() is None and not stopped.wait(0.1):
        pass
    if clients.poll() is None:
        pid = json.loads(docker("exec", CLIENT.container, "cat", f"{inside}/status.json"))["pid"]
        docker("exec", CLIENT.container, "kill", "-TERM", str(pid))
    return clients.wait()


def check(paths: Paths, application: str, name: str) -> figures.Findings:
    """Compare a ledger with what the database holds. Raises LabError when there is none."""
    _door(application)
    folder = paths.ledger / name
    if not folder.is_dir():
        raise LabError(f"There is no ledger {name}.")
    entries = ledger.read(folder)
    meant = APPLICATIONS[application]
    commits = repository.commits(paths, meant)
    bad, good = builds.build_id(commits[BAD]), builds.build_id(commits[GOOD])
    return figures.judge(entries, _stored(meant.schema), bad, good)


def _stored(schema: str) -> dict[str, figures.Stored]:
    """Read every order, by its token, whatever its columns are called now."""
    names = "', '".join(EMAIL)
    column = mysql.sql(
        "SELECT column_name FROM information_schema.columns"
        f" WHERE table_schema = '{schema}' AND table_name = 'orders' AND column_name IN ('{names}');"
    )
    found: dict[str, figures.Stored] = {}
    for line in mysql.sql(f"SELECT token, product_id, quantity, {column} FROM {schema}.orders;").splitlines():
        token, product, quantity, email = line.split("\t")
        times = found[token].times + 1 if token in found else 1
        found[token] = figures.Stored(int(product), int(quantity), email, times)
    return found


def _door(application: str) -> tuple[str, int, str]:
    if application not in DOORS:
        raise LabError(f"There is no application {application}; there are: {', '.join(DOORS)}.")
    return DOORS[application]
