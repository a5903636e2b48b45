"""A site behind a proxy: what lies outside is asked through it, in plays as in the command; its own doors never are."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import run_tasks
from connect_proxy import Proxy
from failback import http, way_out
from failback.aws import Account, AwsUnreachableError, answering
from failback.deployment.vercel import operations
from failback.deployment.vercel.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "api.vercel.test"  # nobody but the proxy knows where that is
RDS = {
    "region": "ap-northeast-2",
    "endpoint_url": "https://rds.aws.invalid",
    "instance": "shop",
    "group": "shop",
    "read_only": True,
    "wait": False,
    "server": {"host": "127.0.0.1", "port": 1, "user": "x", "password_file": "/dev/null", "ca_file": ""},
}


class Api(BaseHTTPRequestHandler):
    """Answers whose token it is."""

    def do_GET(self) -> None:
        body = json.dumps({"user": {"username": "kim"}, "host": self.headers["Host"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"),
            *("-addext", f"subjectAltName=DNS:{NAME},DNS:shop.test,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(name="api", scope="module")
def _api(authority: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "ca.pem", authority / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(name="environment")
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    monkeypatch.setattr(os, "environ", kept)


def client(authority: Path, tmp_path: Path, port: int = 443) -> Client:
    token = tmp_path / "token"
    token.write_text("t0ken\n", encoding="utf-8")
    token.chmod(0o600)
    return Client(str(token), api=f"https://{NAME}:{port}", ca_file=str(authority / "ca.pem"), patience=3, attempt=2)


def test_a_play_asks_aws_through_it(tmp_path: Path) -> None:
    (tmp_path / "aws").write_text("[default]\naws_access_key_id = x\naws_secret_access_key = y\n", encoding="utf-8")
    task = [{"name": "Close", "rds_parameter": {**RDS, "credentials_file": str(tmp_path / "aws")}}]
    with Proxy() as proxy:
        straight = run_tasks.play(tmp_path / "straight", task, {"shop": run_tasks.local_host()})
        assert proxy.asked == []
        assert "Could not connect to the endpoint" in straight.messages
        said = {"site_https_proxy": "{{ own_proxy }}", "own_proxy": proxy.url}
        through = run_tasks.play(tmp_path / "through", task, {"shop": run_tasks.local_host(**said)})
        assert set(proxy.asked) == {"CONNECT rds.aws.invalid:443"}
        assert "Failed to connect to proxy" in through.messages  # who said no is known
        asked = list(proxy.asked)
        beside = run_tasks.local_host(**said, site_no_proxy=[".aws.invalid"])
        run_tasks.play(tmp_path / "beside", task, {"shop": beside})
        assert proxy.asked == asked


@pytest.mark.usefixtures("environment")
def test_the_command_asks_aws_through_it() -> None:
    with Proxy() as proxy:
        way_out.take({"site_https_proxy": proxy.url})
        account = Account("ap-northeast-2", "https://rds.aws.invalid", "", "")
        os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
        with pytest.raises(AwsUnreachableError, match="proxy"), answering("tell"):
            account.client("rds").describe_db_instances()
    assert set(proxy.asked) == {"CONNECT rds.aws.invalid:443"}


@pytest.mark.usefixtures("environment")
def test_vercel_is_asked_through_it_and_its_certificate_is_still_its_own(
    authority: Path, api: int, tmp_path: Path
) -> None:
    asked = client(authority, tmp_path)
    with Proxy({f"{NAME}:443": ("127.0.0.1", api)}) as proxy:
        way_out.take({"site_https_proxy": proxy.url})
        answer = asked.ask(operations.USER)
        assert answer.well
        assert answer.content == {"user": {"username": "kim"}, "host": NAME}
        assert proxy.asked == [f"CONNECT {NAME}:443"]
        other = client(authority, tmp_path)
        other.api = "https://else.vercel.test"  # the same server, which is not that name
        proxy.outside = {"else.vercel.test:443": ("127.0.0.1", api)}
        assert other.ask(operations.USER).trouble == "its certificate is not trusted"


@pytest.mark.usefixtures("environment")
def test_a_proxy_that_says_no_or_is_gone_left_nothing_begun(authority: Path, tmp_path: Path) -> None:
    with Proxy() as proxy:
        way_out.take({"site_https_proxy": proxy.url})
        refused = client(authority, tmp_path).ask(operations.USER)
    assert (refused.status, refused.begun) == (0, False)
    assert "403" in refused.trouble
    with socket.create_server(("127.0.0.1", 0)) as freed:
        port = freed.getsockname()[1]
    way_out.take({"site_https_proxy": f"http://127.0.0.1:{port}"})
    gone = client(authority, tmp_path).ask(operations.USER)
    assert (gone.status, gone.begun) == (0, False)


@pytest.mark.usefixtures("environment")
def test_a_front_door_is_asked_itself(authority: Path, api: int) -> None:
    with Proxy() as proxy:
        way_out.take({"site_https_proxy": proxy.url})
        door = http.Door("shop", f"https://127.0.0.1:{api}", "shop.test", str(authority / "ca.pem"))
        assert http.ask(door, "/", timeout=3).status == 200
    assert proxy.asked == []


@pytest.mark.usefixtures("environment")
def test_names_beside_it_go_straight_and_a_site_without_one_changes_nothing() -> None:
    os.environ["ALL_PROXY"] = "http://192.0.2.1:1"
    before = dict(os.environ)
    way_out.take({"site_https_proxy": "", "site_no_proxy": ["x"]})
    assert os.environ == before
    assert way_out.of_the_shell({}) == "http://192.0.2.1:1"
    said = {"site_https_proxy": "http://proxy.test:3128", "site_no_proxy": ["awx.test", ".idc.test"]}
    way_out.take(said)
    assert "ALL_PROXY" not in os.environ
    assert way_out.of_the_shell(said) == ""
    assert way_out.proxy_to("api.vercel.com") == ("proxy.test", 3128)
    assert way_out.proxy_to("awx.test") is None
    assert way_out.proxy_to("mail.idc.test") is None
