"""A site of this one machine: its hosts are watched locally, its front door is a server of the test's own."""

from __future__ import annotations

import http.server
import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from rollback_runner import companions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRETENDED = Path(__file__).parents[2] / "fixtures" / "command" / "site"
SECRET = "blue-harbour-47"  # what must never be seen outside its file
PATIENCE = 90.0  # seconds a busy machine may take for what takes a moment


class Site:
    """A site directory, a home and an open incident."""

    def __init__(self, base: Path) -> None:
        self.home = base
        self.directory = base / "site"
        shutil.copytree(PRETENDED, self.directory)
        (base / "secrets").mkdir()
        for name in ("idc", "aws", "app", "repl", "tsig", "aws-credentials"):
            path = base / "secrets" / name
            path.write_text(f"{SECRET}-{name}\n", encoding="utf-8")
            path.chmod(0o600)
        self.incident = base / "incidents" / "pretend" / "20990101T000000Z"
        (self.incident / "facts").mkdir(parents=True)
        self.current = self.incident.parent / "current"
        self.current.symlink_to(self.incident.name)
        self.change("all", ansible_connection="local")
        # Nothing is there: a refused connection is a source that is lost at once.
        for port, side in enumerate(("idc", "aws"), start=1):
            known = yaml.safe_load((self.directory / "group_vars" / "databases.yml").read_text(encoding="utf-8"))
            self.change("databases", **{f"db_{side}": {**known[f"db_{side}"], "host": "127.0.0.1", "port": port}})
        self.change("service", watching_interval=0.2, watching_patience=0.5, watching_window=2.0,
                    watching_limits={"cpu_busy": 0, "memory_used": 0, "disk_used": 0})  # fmt: skip

    def change(self, group: str, **variables: object) -> None:
        """Set variables of a group."""
        path = self.directory / "group_vars" / f"{group}.yml"
        known = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        path.write_text(yaml.safe_dump({**known, **variables}, allow_unicode=True), encoding="utf-8")

    def ensure(self) -> companions.Companion:
        """Start the sampler unless it works."""
        return companions.ensure("sampler", self.directory, self.home, self.incident)

    def log(self) -> str:
        """Read the sampler's log."""
        return (self.incident / "companions" / "sampler.log").read_text(encoding="utf-8")


@contextmanager
def front_door(site: Site) -> Iterator[dict[str, int]]:
    """Serve as the site's front door; ``status`` is what it answers, 0 that it does not."""
    behaviour = {"status": 200, "asked": 0}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behaviour["asked"] += 1
            if behaviour["status"]:
                self.send_response(behaviour["status"])
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        def log_message(self, *_arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    door = {"name": "idc-lb1", "url": f"http://127.0.0.1:{server.server_port}", "host_header": "shop.example.org"}
    site.change("service", service_front_doors=[door])
    site.change("all", service_probe_paths=["/readyz"])
    try:
        yield behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for(what: Callable[[], object], said: Callable[[], str] = str) -> object:
    """Wait until it is so, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, said() or "it did not come to be"
        time.sleep(0.05)
    return found
