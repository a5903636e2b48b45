"""A real HAProxy in front of three small applications, and clients that keep their connections."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from daemons import Daemon, free_port, wait_until
from run_tasks import ROOT, local_host

if TYPE_CHECKING:
    from typing import Self

CONFIG = Path(__file__).parent / "haproxy.cfg"
IDC = ["idc-app1", "idc-app2"]
AWS = ["aws-app1"]


class _Quiet(ThreadingHTTPServer):
    """A connection that the load balancer cuts on purpose is no news."""

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


class App:
    """Answers every GET with its name; ``/slow=SECONDS`` takes its time, ``/until-told`` ends when it is told to."""

    def __init__(self, name: str) -> None:
        body = json.dumps({"served_by": name}).encode()
        self.asked, self.told = threading.Event(), threading.Event()
        asked, told = self.asked, self.told

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path.startswith("/slow="):
                    time.sleep(float(self.path.partition("=")[2]))
                if self.path == "/until-told":
                    asked.set()
                    told.wait(60)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self.told.set()
        self._server.shutdown()
        self._server.server_close()


class Node:
    """One load balancer node in its own directory."""

    def __init__(self, directory: Path, apps: dict[str, App], config: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)  # files that its configuration names may lie there already
        self.directory = directory
        self.port = free_port()
        self.socket = directory / "admin.sock"
        self.config = directory / "haproxy.cfg"
        hold = directory / "rr_hold.lua"
        hold.write_bytes((ROOT / "lab" / "templates" / "rr_hold.lua").read_bytes())
        self.values = {
            "socket": str(self.socket),
            "hold": str(hold),
            "port": str(self.port),
            "aws_port": str(apps["aws-app1"].port),
            "idc1_port": str(apps["idc-app1"].port),
            "idc2_port": str(apps["idc-app2"].port),
        }
        self.original = Template(config or CONFIG.read_text(encoding="utf-8")).substitute(self.values)
        self.config.write_text(self.original, encoding="utf-8")
        self.config.chmod(0o640)
        self.daemon = Daemon(["haproxy", "-W", "-f", str(self.config)], directory, "haproxy")
        self.daemon.wait_until(lambda: "Pid" in self.ask("show info"))

    def ask(self, command: str) -> str:
        """Send one command to the admin socket."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(command.encode() + b"\n")
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    def states(self) -> dict[str, tuple[str, str]]:
        """Name the operational and administrative state of each server of the backend, as HAProxy writes them."""
        rows = [line.split() for line in self.ask("show servers state shop").splitlines()[2:] if line]
        return {row[3]: (row[5], row[6]) for row in rows}

    @property
    def pid(self) -> str:
        """The pid of the process that answers at the socket."""
        return next(line for line in self.ask("show info").splitlines() if line.startswith("Pid:"))

    def get(self, path: str = "/", *, timeout: float = 5) -> str:
        """Name the application that answers a new connection within ``timeout`` seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return str(json.loads(body)["served_by"]) if answer.status == http.client.OK else f"status {answer.status}"

    def variables(self, **more: Any) -> dict[str, Any]:
        """Inventory variables of this node."""
        file = str(self.config)
        validate = [*self.daemon.prefix(), "haproxy", "-c", "-f", file]
        return local_host(
            lb_provider="haproxy",
            lb_socket=str(self.socket),
            lb_config_file=file,
            lb_validate_command=validate,
            lb_reload_command=self.daemon.signal_command("USR2"),
            lb_backend="shop",
            lb_servers_idc=IDC,
            lb_servers_aws=AWS,
            **more,
        )

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Arguments that every plugin of the load balancer takes."""
        common = {"socket": str(self.socket), "backend": "shop", "servers_idc": IDC, "servers_aws": AWS}
        return {**common, **more}

    def file_arguments(self, **more: Any) -> dict[str, Any]:
        """Arguments of haproxy_config."""
        values = self.variables()
        return self.arguments(
            path=str(self.config),
            validate_command=values["lb_validate_command"],
            reload_command=values["lb_reload_command"],
            **more,
        )


class InFlight:
    """One request that is under way at ``app`` until `end`; ``answers`` then holds what its client got."""

    def __init__(self, node: Node, app: App) -> None:
        self.answers: list[str] = []
        self._app = app
        app.asked.clear()
        app.told.clear()
        self._client = threading.Thread(target=lambda: self.answers.append(node.get("/until-told", timeout=60)))

    def __enter__(self) -> Self:
        self._client.start()
        assert self._app.asked.wait(20), "the request never reached the application"
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._client.join(60)

    def end(self) -> None:
        """Let the application answer."""
        self._app.told.set()


@dataclass
class Clients:
    """Clients on keep-alive connections that ask one after the other without a pause, until told to stop."""

    port: int
    count: int = 8
    answers: list[tuple[float, float, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.count)]
        for thread in self._threads:
            thread.start()
        wait_until(lambda: len(self.answers) > 5 * self.count, lambda: f"no traffic: {self.failures[:3]}")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(40)

    @property
    def longest(self) -> float:
        """The longest wait of one request, seconds."""
        return max(seconds for _, seconds, _ in self.answers)

    def _work(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        while not self._stop.is_set():
            begun = time.time()
            try:
                connection.request("GET", "/slow=0.01")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != http.client.OK:
                    self.failures.append(f"{answer.status} {body[:60]!r}")
                else:
                    self.answers.append((begun, time.time() - begun, json.loads(body)["served_by"]))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
