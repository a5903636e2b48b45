"""Kinds of errors in logs: equal ones are one kind, whatever their format, and a new one is named."""

from __future__ import annotations

import pytest
from failback.errors import ConfigError
from failback.logs import judge, signature
from failback.logs.signature import Kind, Line

TRACE = """\
2026-11-22T13:55:10.000000001Z Exception occurred during processing of request from ('172.30.77.71', 51300)
2026-11-22T13:55:10.000000002Z Traceback (most recent call last):
2026-11-22T13:55:10.000000003Z   File "/usr/lib/python3.11/socketserver.py", line 691, in process_request_thread
2026-11-22T13:55:10.000000004Z     self.finish_request(request, client_address)
2026-11-22T13:55:10.000000005Z   File "/usr/lib/python3.11/socket.py", line 706, in readinto
2026-11-22T13:55:10.000000006Z     return self._sock.recv_into(b)
2026-11-22T13:55:10.000000007Z ConnectionResetError: [Errno 104] Connection reset by peer
2026-11-22T13:55:11.000000000Z 2026-11-22T13:55:11Z listening on port 8080
"""


def found(text: str) -> dict[str, Kind]:
    return signature.kinds(signature.lines(text))


def test_a_trace_is_one_error_named_by_its_end_and_place() -> None:
    kinds = found(TRACE)
    name = "ConnectionResetError: [Errno <n>] Connection reset by peer at socket.py in readinto"
    assert set(kinds) == {name, "Exception occurred during processing of request from (<text>, <n>)"}
    assert kinds[name].count == 1
    assert kinds[name].as_dict()["last"] == "2026-11-22T13:55:10+00:00"


def test_traces_that_threads_wrote_into_each_other_are_named_by_their_ends() -> None:
    frame = '  File "/usr/lib/python3.11/socket.py", line 706, in readinto'
    end = "ConnectionResetError: [Errno 104] Connection reset by peer"
    ruler = "-" * 40
    begins = f"{ruler}Traceback (most recent call last):"
    kinds = found("\n".join([begins, frame, begins, end, frame, end, ruler, f"{ruler}ERROR one", "ERROR one"]))
    assert {name: kind.count for name, kind in kinds.items()} == {
        "ConnectionResetError: [Errno <n>] Connection reset by peer at socket.py in readinto": 2,
        "ERROR one": 2,
    }


def test_a_java_trace_is_one_error_named_by_its_cause_and_hides_nothing_after_it() -> None:
    lines = ['Exception in thread "main" java.lang.RuntimeException: order 7', "\tat shop.Main.run(Main.java:9)",
             "Caused by: java.io.IOException: reset", "\tat shop.Net.read(Net.java:4)", "\t... 3 more",
             "ERROR the disk is gone"]  # fmt: skip
    assert set(found("\n".join(lines))) == {
        "Caused by: java.io.IOException: reset at shop.Net.read", "ERROR the disk is gone"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ERROR order 17 of kim@example.org failed", "ERROR order 99 of lee@example.net failed"),
        ("[ALERT] (8) : backend 'shop' has no server", "[ALERT] (77) : backend 'web' has no server"),
        (
            "fatal: 3f2504e0-4f89-11d3-9a0c-0305e82c3301 at 10.0.0.1:3306",
            "fatal: 3f2504e0-4f89-11d3-9a0c-0305e82c3302 at 10.9.0.1:3307",
        ),
        ("error: took 0.123 s [fe80::1]:80", "error: took 12 s [fe80::2]:443"),
        ("panic at 0xdeadbeef01", "panic at 0xcafebabe02"),
    ],
)
def test_what_differs_from_case_to_case_is_taken_out(one: str, other: str) -> None:
    assert signature.normal(one) == signature.normal(other)


def test_the_number_that_names_an_error_stays() -> None:
    lock, gone = "MY-012345 [Error] table 7 locked", "MY-054321 [Error] table 7 locked"
    assert signature.normal(lock) != signature.normal(gone)
    assert signature.normal("GET /a 502 error") != signature.normal("GET /a 503 error")


@pytest.mark.parametrize(
    "line", ["GET /errors.css 200", "finished with 0 errors", "errors=0", "all is well", "no exceptions seen"]
)
def test_what_is_no_error(line: str) -> None:
    assert not found(line)


@pytest.mark.parametrize("line", ["kernel: Out of memory: Killed process 7", "java.lang.IllegalStateException: x"])
def test_what_is_one_without_saying_error(line: str) -> None:
    assert len(found(line)) == 1


def test_an_unfinished_trace_counts_too() -> None:
    assert len(found('Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x()')) == 1


def test_lines_without_a_moment_are_read() -> None:
    kinds = found("ERROR one\nERROR one")
    assert [(kind.count, kind.last) for kind in kinds.values()] == [(2, None)]


class TestJudge:
    def judged(self, kind: Kind, **more: object) -> judge.Judged:
        known = judge.Known.of(more.pop("known", []))  # type: ignore[arg-type]
        before = more.pop("before", ())
        return judge.judge("app1", [kind], before, known, now=1000.0, quiet=60.0)  # type: ignore[arg-type]

    def test_a_new_kind_that_goes_on_blocks_and_is_named(self) -> None:
        kind = Kind("x failed", "ERROR x failed with 17", 3, 900.0, 990.0)
        told = judge.findings("app1", self.judged(kind), 60.0)
        assert [one.severity for one in told] == ["blocker"]
        assert (
            "a new kind of error is in the log, 3 times, last at 1970-01-01T00:16:30+00:00: ERROR x failed with 17"
            in (told[0].sentence)
        )

    def test_one_that_was_over_is_told(self) -> None:
        told = judge.findings("app1", self.judged(Kind("x", "ERROR x", 1, 100.0, 100.0)), 60.0)
        assert [one.severity for one in told] == ["warning"]
        assert "not in the last 60 s" in told[0].sentence

    def test_one_whose_moment_is_unknown_counts_as_going_on(self) -> None:
        assert self.judged(Kind("x", "ERROR x", 1)).fresh

    def test_usual_and_expected_ones_are_not_new(self) -> None:
        kind = Kind("x", "ERROR x of today", 1, 990.0, 990.0)
        assert self.judged(kind, before={"x"}).usual == (kind,)
        known = [{"pattern": "of today", "because": "it is today", "hosts": "app*"}]
        assert self.judged(kind, known=known).expected == ((kind, "it is today"),)
        elsewhere = [{"pattern": "of today", "because": "it is today", "hosts": "lb*"}]
        assert self.judged(kind, known=elsewhere).fresh == (kind,)

    def test_bad_rules_are_named(self) -> None:
        with pytest.raises(ConfigError, match=r"watching_known_errors\[0\] needs"):
            judge.Known.of([{"pattern": "x"}])
        with pytest.raises(ConfigError, match="no regular expression"):
            judge.Known.of([{"pattern": "(", "because": "y"}])


def test_kinds_of_several_logs_are_put_together() -> None:
    first, second = ([Line("ERROR a", at)] for at in (5.0, 9.0))
    parts = [("one", list(signature.kinds(first).values())), ("two", list(signature.kinds(second).values()))]
    merged = signature.merged(parts)
    assert [(kind.count, kind.first, kind.last, kind.hosts) for kind in merged] == [(2, 5.0, 9.0, {"one", "two"})]
