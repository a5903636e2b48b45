from __future__ import annotations

import base64
import http.server
import itertools
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from failback.situation import stats

from rollback_runner.watching import catalogue
from rollback_runner.watching.conversation import reach, ssh
from rollback_runner.watching.final import final
from rollback_runner.watching.source import SourceError
from rollback_runner.watching.sources import front_door, haproxy, mysql, ssh_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


HOST = """uptime {uptime} 400.0
cpu  {cpu}
/sys/block/sda /sys/block/loop0 /sys/block/dm-0
MemTotal:        8000000 kB
MemFree:          100000 kB
MemAvailable:    6000000 kB
SwapTotal:       1000000 kB
SwapFree:         750000 kB
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 999999 1 0 0 0 0 0 0 999999 1 0 0 0 0 0 0
  eth0: {received} 1 0 0 0 0 0 0 {sent} 1 0 0 0 0 0 0
veth12: 5555 1 0 0 0 0 0 0 5555 1 0 0 0 0 0 0
   8       0 sda 1 2 3 4 5 6 7 8 0 {busy} 12 0 0 0 0 0 0
   8       1 sda1 1 2 3 4 5 6 7 8 0 99999 12 0 0 0 0 0 0
 253       0 dm-0 1 2 3 4 5 6 7 8 0 99999 12 0 0 0 0 0 0
Filesystem     1024-blocks    Used Available Capacity Mounted on
/dev/sda1          1000000  700000    300000      70% /
/dev/sdb1          1000000  900000     50000      95% /var/lib
tmpfs               100000  100000         0     100% /run
/dev/loop3            5000    5000         0     100% /snap/core
"""


def host(**values: object) -> ssh_host.Facts:
    known = {"uptime": 1000.0, "cpu": "100 0 50 800 40 5 5 0 0 0", "received": 1000, "sent": 500, "busy": 100}
    return ssh_host.parse(HOST.format(**{**known, **values}))


def test_what_stands_is_said_at_once() -> None:
    found = dict(ssh_host.figures(None, host()))
    assert found == {"memory_used": 0.25, "swap_used": 0.25, "disk_used": pytest.approx(900 / 950)}


def test_rates_are_between_two_readings_of_the_hosts_own_clock() -> None:
    after = host(uptime=1010.0, cpu="150 0 70 820 50 5 5 0 0 0", received=21_000, sent=10_500, busy=5_100)
    found = dict(ssh_host.figures(host(), after))
    assert found["cpu_busy"] == pytest.approx(0.7)  # 70 of 100 ticks, 20 idle and 10 waiting
    assert found["cpu_waiting"] == pytest.approx(0.1)
    assert found["network_in"] == 2000.0  # eth0 alone: no loopback, no container
    assert found["network_out"] == 1000.0
    assert found["disk_busy"] == pytest.approx(0.5)  # sda alone: no partition, no device mapper


def test_a_host_that_started_anew_gives_no_rate() -> None:
    assert "network_in" not in dict(ssh_host.figures(host(), host(uptime=5.0)))
    assert "network_in" not in dict(ssh_host.figures(host(received=9_000), host(uptime=1010.0, received=8_000)))


def test_a_container_is_measured_by_its_own_limit() -> None:
    lines = "limit 1000000\ntaken 900000\n"
    assert dict(ssh_host.figures(None, ssh_host.parse(lines + HOST.format(
        uptime=1.0, cpu="1 1 1 1 1 1 1 1", received=0, sent=0, busy=0))))["memory_used"] == 0.9  # fmt: skip
    assert dict(ssh_host.figures(None, ssh_host.parse("limit max\ntaken 5\n" + HOST.format(
        uptime=1.0, cpu="1 1 1 1 1 1 1 1", received=0, sent=0, busy=0))))["memory_used"] == 0.25  # fmt: skip


@pytest.mark.parametrize("text", ["", "bash: cat: not found\n", "uptime x y\ncpu 1\n"])
def test_nonsense_is_a_lost_source(text: str) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        ssh_host.parse(text)


ANSWERS = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")


def row(kind: int, name: str, **numbers: int) -> stats.Row:
    known = {"pxname": "www" if kind == stats.FRONTEND else "shop", "svname": name, "type": kind}
    return {**known, "scur": 0, "req_tot": 0, **dict.fromkeys(ANSWERS, 0), **numbers}


def test_a_balancers_requests_and_errors_are_those_its_clients_saw() -> None:
    before = [row(stats.FRONTEND, "FRONTEND", req_tot=100, hrsp_2xx=100)]
    after = [row(stats.FRONTEND, "FRONTEND", req_tot=140, hrsp_2xx=130, hrsp_5xx=10)]
    assert dict(haproxy.rates(before, after, 4.0)) == {"requests": 10.0, "errors": 0.25}


def test_a_balancer_that_was_loaded_anew_gives_no_rate_and_silence_has_no_errors() -> None:
    before = [row(stats.FRONTEND, "FRONTEND", req_tot=100, hrsp_2xx=100)]
    assert dict(haproxy.rates(before, [row(stats.FRONTEND, "FRONTEND", req_tot=3)], 1.0)) == {}
    assert dict(haproxy.rates(before, before, 1.0)) == {"requests": 0.0}


def test_sessions_are_counted_by_side() -> None:
    rows = [row(stats.SERVER, "idc-app1", scur=3), row(stats.SERVER, "idc-app2", scur=1),
            row(stats.SERVER, "aws-app1", scur=2), row(stats.SERVER, "other", scur=50)]  # fmt: skip
    sides = {"idc": ["idc-app1", "idc-app2"], "aws": ["aws-app1"]}
    assert dict(haproxy.sessions(rows, "shop", sides)) == {"sessions_idc": 4.0, "sessions_aws": 2.0}


def test_mysql_counts_without_ourselves() -> None:
    then = {"Questions": 100, "Innodb_rows_inserted": 10, "Innodb_rows_updated": 0, "Innodb_rows_deleted": 0,
            "Innodb_buffer_pool_read_requests": 1000, "Innodb_buffer_pool_reads": 10, "deadlocks": 4}  # fmt: skip
    now = {"Questions": 153, "Innodb_rows_inserted": 20, "Innodb_rows_updated": 5, "Innodb_rows_deleted": 5,
           "Innodb_buffer_pool_read_requests": 1200, "Innodb_buffer_pool_reads": 12, "deadlocks": 5}  # fmt: skip
    assert dict(mysql.rates(then, now, 5.0, own=3)) == {
        "mysql_queries": 10.0,
        "mysql_rows_written": 4.0,
        "mysql_buffer_pool_hit": pytest.approx(0.99),
        "mysql_deadlocks": 1.0,
    }
    assert dict(mysql.rates(now, then, 5.0)) == {}  # the server started anew
    assert dict(mysql.gauges({"Threads_running": 1, "Threads_connected": 8, "Innodb_row_lock_current_waits": 2})) == {
        "mysql_threads_running": 0.0,
        "mysql_connections": 7.0,
        "mysql_lock_waits": 2.0,
    }


@pytest.mark.parametrize(
    ("rows", "lag"),
    [
        ([], None),
        ([{"works": 1, "level": 1, "behind": "99"}], 0.0),  # all that came is applied, however old it is
        ([{"works": 1, "level": 0, "behind": "12.5"}], 12.5),
        ([{"works": 1, "level": 0, "behind": "-0.2"}], 0.0),  # the clocks differ
        ([{"works": 0, "level": 0, "behind": "12.5"}], None),  # stopped: its lag is not known
        ([{"works": 1, "level": 0, "behind": None}], None),
    ],
)
def test_the_lag_is_known_or_not(rows: list[dict[str, object]], lag: float | None) -> None:
    assert dict(mysql.lags(rows)).get("mysql_replication_lag") == lag  # type: ignore[arg-type]


def test_response_times_are_those_of_the_window() -> None:
    seen = [(float(at), 0.01 * (at + 1), at == 9) for at in range(10)]
    assert dict(front_door.figures(seen)) == pytest.approx(
        {"latency_p50": 0.05, "latency_p95": 0.1, "latency_p99": 0.1, "probe_failures": 0.1}
    )


def test_what_the_sites_own_queries_give_is_left_to_them() -> None:
    queries = [{"figure": "latency_p95", "host": "lb1"}, {"figure": "latency_p99", "host": "lb2"}]
    variables = {"watching_prometheus": {"queries": queries}}
    assert front_door._elsewhere(variables, "lb1") == {"latency_p95"}
    assert front_door._elsewhere({}, "lb1") == set()


def test_ssh_uses_the_inventorys_settings_and_never_accepts_an_unknown_key() -> None:
    variables = {
        "ansible_host": "192.0.2.11",
        "ansible_user": "ops",
        "ansible_port": 2222,
        "ansible_ssh_private_key_file": "/keys/id",
        "ansible_ssh_common_args": "-o UserKnownHostsFile=/keys/known -o StrictHostKeyChecking=no -J jump",
    }
    argv = ssh("db1", variables, "true")
    assert argv[-3:] == ["--", "192.0.2.11", "true"]
    assert [argv[argv.index(option) + 1] for option in ("-i", "-p", "-l", "-J")] == ["/keys/id", "2222", "ops", "jump"]
    # ssh takes the first value it is given of each option.
    given = [argv[place + 1] for place, word in enumerate(argv) if word == "-o"]
    assert next(one for one in given if one.startswith("StrictHostKeyChecking")) == "StrictHostKeyChecking=yes"
    assert next(one for one in given if one.startswith("UserKnownHostsFile")) == "UserKnownHostsFile=/keys/known"


def test_a_host_reached_otherwise_is_said() -> None:
    with pytest.raises(SourceError, match="docker"):
        reach("db1", {"ansible_connection": "community.docker.docker"}, "true")


PROMOTED = {"kind": "promoted", "host": "shop-db", "final": "u:1-9"}
FINAL = {"kind": "final", "host": "shop-db", "final": {"gtid": "u:1-9", "log_file": "b.2", "log_position": 7}}


def test_final_counts_from_the_promotion_on_and_of_the_same_database() -> None:
    assert final([FINAL], "shop-db") is None
    assert final([FINAL, PROMOTED], "other-db") is None
    assert final([FINAL, PROMOTED], "shop-db") == FINAL["final"]
    assert final([PROMOTED], "shop-db") == {"gtid": "u:1-9"}
    # A place noted for another FINAL would start the search too late.
    assert final([{**FINAL, "final": {"gtid": "u:1-20"}}, PROMOTED], "shop-db") == {"gtid": "u:1-9"}
    assert final([FINAL, PROMOTED, {"kind": "promoted", "host": "shop-db"}], "shop-db") == FINAL["final"]


@pytest.mark.parametrize("figure", catalogue.FIGURES.values(), ids=lambda figure: figure.name)
def test_every_figure_has_its_words(figure: catalogue.Figure) -> None:
    for language in ("en", "ko"):
        assert figure.title[language]
        assert figure.says[language].endswith(".")
    assert figure.title["en"] != figure.title["ko"]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("errors", 0.125, "12.5 %"), ("latency_p95", 0.0342, "34.2 ms"), ("latency_p95", 2.5, "2.5 s"),
     ("network_in", 1_234_000.0, "1.23 MB/s"), ("network_in", 999.7, "1 kB/s"), ("requests", 12345.6, "12346/s"),
     ("mysql_connections", 48.0, "48"), ("rds_free_storage", 0.0, "0 B")],
)  # fmt: skip
def test_values_are_written_for_people(name: str, value: float, text: str) -> None:
    assert catalogue.shown(catalogue.FIGURES[name], value) == text


CSV = (
    "# pxname,svname,type,scur,req_tot,hrsp_2xx,hrsp_5xx,\nshop,idc-app1,2,4,,,,\nwww,FRONTEND,0,1,{asked},{asked},0,\n"
)


@contextmanager
def statistics_page(password: str) -> Iterator[str]:
    """HAProxy's statistics page as CSV, behind a password; ten requests more each time it is asked."""
    counted = itertools.count(10, 10)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = "Basic " + base64.b64encode(f"watch:{password}".encode()).decode()
            right = self.headers.get("Authorization") == wanted and self.path == "/stats;csv"
            body = CSV.format(asked=next(counted)).encode() if right else b"no"
            self.send_response(200 if right else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/stats"
    server.shutdown()
    server.server_close()


def test_a_balancer_is_read_from_its_statistics_page_too(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("quiet-river-9\n")
    login = {"user": "watch", "password_file": str(tmp_path / "password")}
    with statistics_page("quiet-river-9") as url:
        variables = {"lb_stats_url": url, "lb_stats_login": login, "lb_servers_idc": ["idc-app1"]}
        source = haproxy.Balancer("lb1", variables)
        assert {point.figure: point.value for point in source.read().points} == {"sessions_idc": 4.0}
        found = {point.figure: point.value for point in source.read().points}
        assert found["errors"] == 0.0
        assert found["requests"] > 0
        (tmp_path / "password").write_text("wrong\n")
        with pytest.raises(SourceError, match="401") as refused:
            source.read()
    assert "wrong" not in str(refused.value)
