from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import ssh_host
from watched_site import wait_for

from rollback_runner.watching.readers import Readers
from rollback_runner.watching.source import SourceError
from rollback_runner.watching.sources import haproxy
from rollback_runner.watching.sources.ssh_host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mysql_pair import Pair
    from ssh_host import SshHost

SOCKET = "/tmp/admin.sock"  # noqa: S108 - in the container of the test
SERVER = """
import os, socket
os.umask(0)
s = socket.socket(socket.AF_UNIX); s.bind('/tmp/admin.sock'); s.listen()
while True:
    c, _ = s.accept()
    asked = c.recv(99)
    open('/tmp/asked', 'ab').write(asked)
    c.sendall(b'# pxname,svname,type,scur,req_tot,hrsp_2xx,\\nshop,idc-app1,2,4,,,\\nwww,FRONTEND,0,1,5,5,\\n')
    c.close()
"""


@pytest.fixture(scope="module", name="box")
def _box(mysql_servers: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    keys = tmp_path_factory.mktemp("watched") / "keys"
    host = ssh_host.start(keys, mysql_servers.idc.container, mysql_servers.idc.host)
    yield host
    ssh_host.stop(host)


@pytest.fixture(name="host")
def _host(box: SshHost) -> Iterator[Host]:
    source = Host("db1", box.variables())
    yield source
    source.close()


def processes(box: SshHost, word: str) -> list[str]:
    return [line for line in box.run("ps", "-eo", "ni,args").splitlines() if word in line and "ps -eo" not in line]


def test_many_readings_are_one_login(host: Host, box: SshHost) -> None:
    wanted = {"cpu_busy", "cpu_waiting", "memory_used", "swap_used", "disk_used", "network_in"}
    points: dict[str, float] = {}

    def read() -> bool:  # the host's clock counts hundredths of a second: two readings may lie within one
        points.update({point.figure: point.value for point in host.read().points})
        return points.keys() >= wanted

    wait_for(read)
    for _ in range(3):
        read()
    assert all(0 <= points[name] <= 1 for name in ("cpu_busy", "memory_used", "disk_used"))
    assert {point.host for point in host.read().points} == {"db1"}
    (shell,) = processes(box, "while read")
    assert shell.split()[0] == "19"  # at the lowest priority
    assert len(processes(box, "sshd: ops@notty")) == 1
    host.close()
    wait_for(lambda: not processes(box, "while read"))


def test_a_connection_that_was_cut_is_lost_and_the_next_reading_begins_anew(host: Host, box: SshHost) -> None:
    host.read()
    box.run("pkill", "-f", "^sshd: ops@notty")
    with pytest.raises(SourceError):
        host.read()
    first = {point.figure for point in host.read().points}
    assert "memory_used" in first
    assert "network_in" not in first  # no rate over a span nobody watched
    wait_for(lambda: "network_in" in {point.figure for point in host.read().points})


def test_a_host_that_hangs_is_given_up_in_time(host: Host, box: SshHost) -> None:
    host.read()
    host._talk._patience = 0.5
    box.run("pkill", "-STOP", "-f", "while read")
    # It answers only once it is let go, below: whoever waited for that would never get here.
    with pytest.raises(SourceError, match=r"no answer within 0\.5 s"):
        host.read()
    box.run("pkill", "-KILL", "-f", "while read")


def test_nobody_waits_at_the_end_for_a_host_that_hangs(host: Host, box: SshHost) -> None:
    host.read()
    host._talk._patience = 600.0
    box.run("pkill", "-STOP", "-f", "while read")
    work = Readers([host], 0.05)
    work.begin()
    reader = next(thread for thread in threading.enumerate() if thread.name == host.name)
    assert work.take(0.5) == []
    work.end(patience=60.0)
    assert not reader.is_alive()
    box.run("pkill", "-KILL", "-f", "while read")


def test_a_host_key_that_is_not_on_record_is_never_accepted(box: SshHost) -> None:
    variables = box.variables()
    for options in ("-o UserKnownHostsFile=/dev/null", "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"):
        source = Host("db1", {**variables, "ansible_ssh_common_args": f"{options} -o IdentitiesOnly=yes"})
        with pytest.raises(SourceError, match="host key is not on record"):
            source.read()
        source.close()


def test_a_login_that_is_refused_says_so(box: SshHost) -> None:
    source = Host("db1", {**box.variables(), "ansible_user": "nobody"})
    with pytest.raises(SourceError, match="login is refused"):
        source.read()
    source.close()


def test_haproxy_is_asked_for_its_figures_and_for_nothing_else(box: SshHost) -> None:
    variables = {**box.variables(), "lb_socket": SOCKET, "lb_backend": "shop", "lb_servers_idc": ["idc-app1"]}
    source = haproxy.Balancer("lb1", variables)
    try:
        with pytest.raises(SourceError, match=r"admin\.sock: No such file"):
            source.read()
        box.run("sh", "-c", f'setsid python3 -c "$1" >/dev/null 2>&1 & until test -S {SOCKET}; do sleep 0.1; done',
                "sh", SERVER)  # fmt: skip
        for _ in range(3):
            points = {point.figure: point.value for point in source.read().points}
        assert points == {"sessions_idc": 4.0, "requests": 0.0}
        assert box.run("sort", "-u", "/tmp/asked") == "show stat"  # noqa: S108 - in the container of the test
        assert len(processes(box, "show stat")) == 1
    finally:
        source.close()
    wait_for(lambda: not processes(box, "show stat"))
