"""A real Prometheus with a password, and a real exporter: figures, their past, and each way of losing them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lab import images
from lab.paths import LabPaths
from rollback_runner.watching.prometheus_api import Api
from rollback_runner.watching.promql import queries
from rollback_runner.watching.source import SourceError
from rollback_runner.watching.sources.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = f"rrt-figures-prometheus-{os.getpid()}"
SETTINGS = {
    "window": 5,
    "exporters": [{"kind": "node", "host": "db1", "labels": {"job": "node"}}],
    "queries": [{"figure": "mysql_connections", "host": "db1", "query": 'count(up{job="node"})'}],
}


def docker(*argv: str, stdin: str = "") -> str:
    done = subprocess.run(["docker", *argv], input=stdin, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Running:
    """The container, and how it is asked."""

    def __init__(self, directory: Path) -> None:
        self.password = directory / "password"
        self.password.write_text("right\n")
        image = images.on_demand(images.PROMETHEUS, LabPaths.from_environment().root / "tmp")
        hashed = docker("run", "--rm", "-i", "--network", "none", image, *_MKPASSWD, stdin="right\n")
        (directory / "web.yml").write_text(json.dumps({"basic_auth_users": {"watching": hashed}}))
        jobs = [{"job_name": "node", "static_configs": [{"targets": ["127.0.0.1:9100"]}]}]
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
        (directory / "prometheus.yml").write_text(json.dumps(config))
        directory.chmod(0o755)
        mount = ["--volume", f"{directory}:/etc/rrt:ro"]
        docker("run", "--detach", "--rm", "--name", NAME, "--label", "rr.test=1", *mount, image, "sh", "-c", _RUN)
        format_ = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        self.url = f"http://{docker('inspect', '--format', format_, NAME)}:9090"

    def source(self, password: Path | None = None) -> Prometheus:
        """Ask it, with the right password unless another is given."""
        login = {"user": "watching", "password_file": str(password or self.password)}
        return Prometheus(Api.from_settings({"url": self.url, "timeout": 1.0, **login}), queries(SETTINGS, {}))


_MKPASSWD = ("mkpasswd", "--method=bcrypt", "--rounds=5", "--stdin")
_RUN = (
    "prometheus-node-exporter --collector.disable-defaults --collector.cpu --collector.meminfo --collector.netdev"
    " --collector.diskstats --log.level=error & exec prometheus --config.file=/etc/rrt/prometheus.yml"
    " --web.config.file=/etc/rrt/web.yml --storage.tsdb.path=/tmp/tsdb --log.level=error"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start it and wait until it has rates."""
    made = Running(tmp_path_factory.mktemp("prometheus"))
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        with suppress(SourceError):
            if any(point.figure == "cpu_busy" for point in made.source().read().points):
                break
        time.sleep(0.3)
    yield made
    subprocess.run(["docker", "rm", "--force", NAME], capture_output=True, check=False, timeout=60)


def test_figures_are_there_and_plausible(running: Running) -> None:
    reading = running.source().read()
    values = {point.figure: point.value for point in reading.points}
    assert {"cpu_busy", "memory_used", "disk_busy", "network_in", "network_out"} <= set(values)
    assert 0 <= values["cpu_busy"] <= 1
    assert 0 < values["memory_used"] < 1
    assert values["mysql_connections"] == 1
    assert not reading.silent


def test_its_past_is_read(running: Running) -> None:
    found, wrong = running.source().past(time.time() - 20, time.time(), 1.0)
    assert not wrong
    assert len(found["memory_used|db1"]) >= 1


def test_a_wrong_password(running: Running, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    with pytest.raises(SourceError, match=r"refuses the login \(401\): correct user and password_file"):
        running.source(wrong).read()


def test_one_that_hangs_then_goes_on_then_is_gone(running: Running) -> None:
    docker("pause", NAME)
    with pytest.raises(SourceError, match="no answer within 1 s"):
        running.source().read()  # it is paused until the next line: nobody waited for its answer
    docker("unpause", NAME)
    assert running.source().read().points
    docker("kill", NAME)
    with pytest.raises(SourceError, match=r"does not answer|no answer within"):
        running.source().read()
