"""Prometheus as it should be, gone, slow, answering nonsense, and refusing the login: each has one clear answer."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from failback.errors import ConfigError

from rollback_runner.watching import series
from rollback_runner.watching.prometheus_api import Api
from rollback_runner.watching.promql import Query, Sides, joined, queries
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import SourceError
from rollback_runner.watching.sources.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OWN = Query("latency_p95", "lb1", "histogram_quantile(0.95, x)", own=True)
CPU = Query("cpu_busy", "db1", "cpu")


class Stand:
    """A Prometheus that answers as the test wants."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.answer: Callable[[dict[str, str]], bytes] = lambda _: vector({})
        self.go = threading.Event()
        self.go.set()
        stand = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                stand.asked.append(form)
                stand.headers.append(dict(self.headers.items()))
                stand.go.wait(30)
                content = stand.answer(form)
                self.send_response(stand.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/prom"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    yield made
    made.stop()


def vector(values: dict[str, str], at: float = 100.0) -> bytes:
    result = [{"metric": {"rr": name}, "value": [at, value]} for name, value in values.items()]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


def api(url: str, **more: Any) -> Api:
    return Api.from_settings({"url": url, "timeout": 0.5, **more})


def source(url: str, *asked: Query, incident: Path | None = None, **more: Any) -> Prometheus:
    return Prometheus(api(url, **more), asked, incident, clock=lambda: 100.0)


def test_all_figures_go_out_as_one_request(stand: Stand) -> None:
    stand.answer = lambda _: vector({OWN.key: "0.25", CPU.key: "0.5"})
    reading = source(stand.url, OWN, CPU).read()
    assert list(reading.points) == [Point(100.0, "latency_p95", "lb1", 0.25), Point(100.0, "cpu_busy", "db1", 0.5)]
    assert len(stand.asked) == 1
    assert stand.asked[0]["query"] == joined([OWN, CPU])


def test_what_the_site_asks_for_and_does_not_get_is_silent(stand: Stand) -> None:
    reading = source(stand.url, OWN).read()
    assert not reading.points
    assert reading.silent == {"lb1": "Prometheus has no latency_p95 of lb1"}


def test_no_number_is_no_point(stand: Stand) -> None:
    stand.answer = lambda _: vector({OWN.key: "NaN", CPU.key: "+Inf"})
    assert not source(stand.url, OWN, CPU).read().points


def test_gone() -> None:
    with pytest.raises(SourceError, match=r"Prometheus at 127\.0\.0\.1:1 does not answer"):
        source("http://127.0.0.1:1", OWN).read()


def test_slow(stand: Stand) -> None:
    stand.go.clear()
    with pytest.raises(SourceError, match=r"gave no answer within 0\.5 s"):
        source(stand.url, OWN).read()
    assert len(stand.asked) == 1
    stand.go.set()  # it had not answered until now, so nobody waited for it


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"<html>It works!</html>", "no Prometheus answer: <html>It works!</html>"),
        (b"", "no Prometheus answer: nothing"),
        (b"[1, 2]", "no Prometheus answer"),
        (b'{"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}', "answers with 'scalar'"),
        (b'{"status": "success", "data": null}', "answers with 'nothing'"),
        (b'{"status": "success", "data": {"resultType": "vector", "result": [7]}}', "cannot be read: 7"),
        (
            b'{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": "x"}]}}',
            "cannot",
        ),
    ],
)
def test_nonsense_is_named(stand: Stand, answer: bytes, told: str) -> None:
    stand.answer = lambda _: answer
    with pytest.raises(SourceError, match="Prometheus") as raised:
        source(stand.url, OWN).read()
    assert told in str(raised.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_token_names_the_file_to_correct_and_not_the_token(stand: Stand, tmp_path: Path, status: int) -> None:
    token = tmp_path / "token"
    token.write_text("very-secret\n")
    stand.status = status
    with pytest.raises(SourceError, match="correct token_file of watching_prometheus") as raised:
        source(stand.url, OWN, token_file=str(token)).read()
    assert "very-secret" not in str(raised.value)
    assert stand.headers[0]["Authorization"] == "Bearer very-secret"
    assert "very-secret" not in repr(api(stand.url, token_file=str(token)))


def test_a_password_is_read_anew_for_each_request(stand: Stand, tmp_path: Path) -> None:
    password = tmp_path / "password"
    asked = source(stand.url, OWN, user="watching", password_file=str(password))
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        asked.read()
    for word in ("one", "two"):
        password.write_text(f"{word}\n")
        asked.read()
        expected = base64.b64encode(f"watching:{word}".encode()).decode()
        assert stand.headers[-1]["Authorization"] == f"Basic {expected}"


def test_one_bad_expression_does_not_cost_the_others(stand: Stand) -> None:
    def answer(form: dict[str, str]) -> bytes:
        if "histogram" in form["query"]:
            return json.dumps({"status": "error", "errorType": "bad_data", "error": "parse error"}).encode()
        return vector({CPU.key: "0.5"})

    stand.answer = answer
    reading = source(stand.url, OWN, CPU).read()
    assert [point.figure for point in reading.points] == ["cpu_busy"]
    assert "latency_p95 of lb1" in reading.silent["lb1"]
    assert "parse error" in reading.silent["lb1"]


def test_several_series_under_one_figure_are_refused(stand: Stand) -> None:
    result = [{"metric": {"rr": OWN.key, "pod": pod}, "value": [1, "1"]} for pod in "ab"]
    stand.answer = lambda _: json.dumps(
        {"status": "success", "data": {"resultType": "vector", "result": result}}
    ).encode()
    with pytest.raises(SourceError, match=r"several series: aggregate them"):
        source(stand.url, OWN).read()


def test_exporters_stand_in_only_for_what_nobody_else_gives(stand: Stand, tmp_path: Path) -> None:
    """While ssh gives the figure it is left to it; once it is lost, Prometheus goes on with it."""
    stand.answer = lambda form: vector({CPU.key: "0.7"}) if CPU.key in form["query"] else vector({"": "1"})
    (tmp_path / "figures").mkdir()
    series.append(tmp_path, [Point(98.0, "cpu_busy", "db1", 0.5)])
    asked = source(stand.url, CPU, incident=tmp_path)
    assert not asked.read().points
    assert stand.asked[-1]["query"] == "vector(1)"
    late = Prometheus(api(stand.url), [CPU], tmp_path, clock=lambda: 200.0)
    first = list(late.read().points)
    assert [point.value for point in first] == [0.7]
    # What it gave itself is no reason to fall silent again.
    series.append(tmp_path, [point._replace(at=199.0) for point in first])
    late._given["cpu_busy", "db1"] = 199.0
    assert late.read().points


def test_the_past_is_asked_no_finer_than_prometheus_gives_it(stand: Stand) -> None:
    content = {"resultType": "matrix", "result": [{"metric": {"rr": CPU.key}, "values": [[1, "1"], [2, "NaN"]]}]}
    stand.answer = lambda _: json.dumps({"status": "success", "data": content}).encode()
    found, wrong = source(stand.url, CPU).past(0.0, 30 * 86400.0, 60.0)
    assert (found, wrong) == ({CPU.key: [(1.0, 1.0)]}, {})
    assert float(stand.asked[0]["step"]) == pytest.approx(259.2)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "ftp://x"}, "watching_prometheus.url: ftp://x is no http"),
        ({"url": "http://x", "user": "a"}, "give user and password_file"),
        ({"url": "http://x", "user": "a", "password_file": "p", "token_file": "t"}, "or token_file"),
    ],
)
def test_bad_settings(settings: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match="watching_prometheus") as raised:
        Api.from_settings(settings)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"exporters": [{"kind": "snmp", "host": "a", "labels": {"x": "y"}}]}, "kind is 'snmp'"),
        ({"exporters": [{"kind": "node", "host": "a"}]}, "labels"),
        ({"exporters": [{"kind": "node", "host": "a", "labels": {"a b": "y"}}]}, "'a b' is no name"),
        ({"queries": [{"figure": "cpu", "host": "a", "query": "x"}]}, "cpu is no figure"),
        ({"queries": [{"figure": "cpu_busy", "host": "a"}]}, "query (PromQL)"),
    ],
)
def test_bad_queries(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=r"\[0\]") as raised:
        queries(entry, {})
    assert told in str(raised.value)


def test_a_query_of_the_sites_own_is_meant_instead_of_the_built_in_one() -> None:
    exporter = {"kind": "haproxy", "host": "lb1", "labels": {"instance": 'a"b'}}
    own = {"figure": "requests", "host": "lb1", "query": "sum(rate(x[$window]))"}
    sides = {"lb1": Sides("shop", ["idc-app1"], ["aws.app"])}
    found = queries({"window": 30, "exporters": [exporter], "queries": [own]}, sides)
    by_figure = {one.figure: one for one in found}
    assert by_figure["requests"] == Query("requests", "lb1", "sum(rate(x[30s]))", own=True)
    assert len(found) == len(by_figure)
    assert r'instance="a\"b"' in by_figure["errors"].text
    assert r'server=~"aws\\.app"' in by_figure["sessions_aws"].text


def test_one_that_only_checks_the_others_is_missed_too_when_it_is_gone() -> None:
    assert source("http://127.0.0.1:1", CPU).hosts == ("",)
    assert source("http://127.0.0.1:1", OWN, CPU).hosts == ("lb1",)
