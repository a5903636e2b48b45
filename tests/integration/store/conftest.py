"""The three kinds of store, each real: a directory, an ops host behind sshd, a bucket of an S3 server."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import store_host
from failback.store import Settings, Store, of_mapping, open_store, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.serving import BaseWSGIServer

KINDS = ("directory", "ssh", "s3")
_numbers = itertools.count(1)


@dataclass
class Site:
    """One site's store of one kind; each test has one of its own."""

    settings: Settings
    relay: store_host.Relay | None

    def open(self) -> Store:
        return open_store(self.settings)

    def silence(self) -> None:
        """Have it take every question and answer none."""
        if self.relay is not None:
            self.relay.dead = True
            return
        # Opening a pipe that nobody writes to waits, as any call does on a share whose server is gone.
        self._marker.rename(self._marker.with_name(".kept"))
        os.mkfifo(self._marker)

    def cut(self) -> None:
        """Let there be no way to it."""
        if self.relay is not None:
            self.relay.close()
        else:
            self._base.rename(self._base.with_name("away"))

    def back(self) -> None:
        """Have it answer again."""
        if self.relay is not None:
            self.relay.open()
        elif not self._base.exists():
            self._base.with_name("away").rename(self._base)
        else:
            self._marker.with_name(".kept").replace(self._marker)

    @property
    def _base(self) -> Path:
        return Path(self.settings.directory)

    @property
    def _marker(self) -> Path:
        return self._base / self.settings.site / place.MARKER


@pytest.fixture(scope="session")
def ops_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store_host.OpsHost]:
    host = store_host.start(tmp_path_factory.mktemp("ops") / "keys")
    yield host
    store_host.stop(host)


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Serve S3 (moto's) and make a bucket; give what a site says of it."""
    import boto3  # noqa: PLC0415 - slow to load, and the other kinds need none of it

    credentials = tmp_path_factory.mktemp("s3") / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = not-secret\n")
    server = _serve_s3()
    url = f"http://127.0.0.1:{server.server_port}"
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-secret"}
    boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys).create_bucket(Bucket="records")
    yield {"kind": "s3", "bucket": "records", "endpoint_url": url, "credentials_file": str(credentials)}
    server.shutdown()


def _serve_s3() -> BaseWSGIServer:
    """Serve moto's S3. It looks at a condition and writes in two steps; S3 does so in one, so a lock makes it one."""
    from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415 - as boto3
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = DomainDispatcherApplication(create_backend_app)
    writing = threading.Lock()

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        with writing if environ["REQUEST_METHOD"] == "PUT" else nullcontext():
            return moto(environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A store of each kind, behind a relay where there is a network."""
    name = f"lab{next(_numbers)}"
    relay = None
    if request.param == "directory":
        (tmp_path / "there").mkdir()
        said: dict[str, object] = {"kind": "directory", "directory": str(tmp_path / "there")}
    elif request.param == "ssh":
        host: store_host.OpsHost = request.getfixturevalue("ops_host")
        relay = store_host.Relay(host.port)
        said = host.mapping(relay.port)
    else:
        said = dict(request.getfixturevalue("bucket"))
        relay = store_host.Relay(int(str(said["endpoint_url"]).rpartition(":")[2]))
        said["endpoint_url"] = f"http://127.0.0.1:{relay.port}"
    made = Site(of_mapping(said, name), relay)
    made.open().init(b"{}")
    yield made
    if relay is not None:
        relay.close()
