"""The stand-in as the lab starts it: its own process, TLS, an application behind its edge, killed and started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import vercel_world
from failback import http
from failback.deployment.vercel import provider
from failback.errors import ConfigError, UnreachableError
from vercel_world import DOMAINS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]


class Application(BaseHTTPRequestHandler):
    """Says what it was asked."""

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        told = {"method": self.command, "path": self.path, "body": body, "host": self.headers["Host"]}
        content = json.dumps(told | {"bypass": self.headers.get(provider.BYPASS)}).encode()
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-own", "yes")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = serve  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.fixture(name="application", scope="module")
def _application() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory, application: str) -> Path:
    folder = tmp_path_factory.mktemp("stand-in")
    state = vercel_world.state()
    state["deployments"][0]["upstream"] = application
    state["deployments"][1]["upstream"] = "http://127.0.0.1:9"
    (folder / "seed.json").write_text(json.dumps(state), encoding="utf-8")
    for name, secret in (("token", vercel_world.TOKEN), ("bypass", "let-me-in")):
        (folder / name).write_text(f"{secret}\n", encoding="utf-8")
        (folder / name).chmod(0o600)
    names = ",".join(f"DNS:{name}" for name in (*DOMAINS, "*.vercel.test"))
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=stand-in", "-addext", f"subjectAltName=IP:127.0.0.1,{names}"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@contextmanager
def running(folder: Path) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    files = {"--state": "state.json", "--seed": "seed.json", "--token-file": "token", "--bypass-file": "bypass"}
    files |= {"--certificate": "cert.pem", "--key": "key.pem"}
    argv = [sys.executable, "-m", "lab.vercel", "--api-port", "0", "--edge-port", "0", "--edge-tls-port", "0"]
    argv += [part for option, name in files.items() for part in (option, str(folder / name))]
    with subprocess.Popen([*argv, "--job-seconds", "0.3"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def opened(at: dict[str, str], folder: Path, **more: Any) -> provider.VercelProvider:
    given = {
        "vercel_api": at["api"],
        "vercel_ca_file": str(folder / "cert.pem"),
        "vercel_team": "team_acme",
        "vercel_project": "prj_shop",
        "vercel_token_file": str(folder / "token"),
        "vercel_bypass_file": str(folder / "bypass"),
        "vercel_edge": at["edge_tls"],
        "vercel_edge_ca_file": str(folder / "cert.pem"),
    }
    return provider.open(given | more)


def test_the_whole_way_over_tls(folder: Path, application: str) -> None:
    del application
    with running(folder) as (at, process):
        vercel = opened(at, folder)
        target = vercel.find("dpl_1")
        own = vercel.door(target)
        assert http.ask(own, "/a?b=c", timeout=5).status == 401
        seen = http.ask(own, "/a?b=c", timeout=5, headers=vercel.headers())
        # The secret is for the edge and goes no further.
        expected = {"method": "GET", "path": "/a?b=c", "body": "", "host": "shop-1-acme.vercel.test", "bypass": None}
        assert seen.json() == expected
        assert seen.headers["x-own"] == "yes"
        front = http.Door("front", at["edge_tls"], DOMAINS[0], str(folder / "cert.pem"))
        assert http.ask(front, "/", timeout=5).json() == {"ok": True, "build": "r5"}
        assert vercel.switch(target, "rollback", "", [].append).ended == "succeeded"
        posted = http.ask(front, "/api/orders", timeout=5, body={"token": "x"})
        assert (posted.status, posted.json()["body"], posted.json()["host"]) == (201, '{"token": "x"}', DOMAINS[0])
        assert http.ask(http.Door("x", at["edge"], "nobody.example.org"), "/", timeout=5).status == 404
        assert http.ask(vercel.door(vercel.find("dpl_2")), "/", timeout=5, headers=vercel.headers()).status == 502
        vercel.switch(vercel.find("dpl_2"), "rollback", "", [].append)
        process.kill()
        process.wait(10)
    with running(folder) as (at, _):
        project = opened(at, folder).project()
        assert (project.live, project.auto_assign) == ("dpl_2", False)
        # The API is not trusted without its CA, and says nothing of the token.
        strange = opened(at, folder, vercel_ca_file="")
        strange.client.sleep = lambda _seconds: None
        with pytest.raises(UnreachableError, match="its certificate is not trusted"):
            strange.project()
        with pytest.raises(ConfigError, match="vercel_ca_file"):
            opened(at, folder, vercel_ca_file=str(folder / "nothing.pem")).project()


def test_production_answers_every_request_while_it_moves(folder: Path) -> None:
    (folder / "state.json").unlink(missing_ok=True)
    seed = json.loads((folder / "seed.json").read_text(encoding="utf-8"))
    for one in seed["deployments"]:
        one["upstream"] = ""
    (folder / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
    with running(folder) as (at, _):
        vercel = opened(at, folder)
        front = http.Door("front", at["edge"], DOMAINS[1])
        seen: list[tuple[int, str]] = []
        over = threading.Event()

        def visit() -> None:
            while not over.wait(0.01):
                reply = http.ask(front, "/__build", timeout=5)
                seen.append((reply.status, str(reply.json().get("build"))))

        visitor = threading.Thread(target=visit)
        visitor.start()
        try:
            vercel.switch(vercel.find("dpl_2"), "rollback", "", [].append)
        finally:
            over.set()
            visitor.join(10)
        builds = [build for _, build in seen]
        assert {status for status, _ in seen} == {200}
        # Once the target answered, the faulty one never does again.
        assert builds == sorted(builds, reverse=True)
        assert {"r5", "r2"} >= set(builds)
        assert http.ask(front, "/__build", timeout=5).json() == {"build": "r2"}
