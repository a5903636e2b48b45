"""What a log says: failed requests in the formats that are about, kinds of errors, nothing secret."""

from __future__ import annotations

import pytest
from failback.situation import log_lines

FAILED = [
    ("POST /api/orders/4711 503", "POST /api/orders/{id}", 503),
    ("2026-11-22T10:00:00Z POST /api/orders 503 2003 RDS does not answer", "POST /api/orders", 503),
    ('10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /p/12?x=500 HTTP/1.1" 502 150 "-" "curl"', "GET /p/{id}", 502),
    (
        '10.0.0.1:50312 [22/Nov/2026:10:00:00.123] www shop/a 0/0/0/12/12 504 217 - - ---- 1/1/0 0/0 "GET /api/whoami"',
        "GET /api/whoami",
        504,
    ),
    ('{"method": "put", "path": "/u/7f1e2d3c4b5a69788796a5b4c3d2e1f0", "status": 500}', "PUT /u/{id}", 500),
    (
        'INFO: 127.0.0.1:5 - "DELETE /m/0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f HTTP/1.1" 500 Internal Server Error',
        "DELETE /m/{id}",
        500,
    ),
]


@pytest.mark.parametrize(("line", "endpoint", "status"), FAILED)
def test_a_failed_request_is_known_by_its_endpoint(line: str, endpoint: str, status: int) -> None:
    assert log_lines.failed_request(line) == (endpoint, status)


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 - - "GET /p HTTP/1.1" 200 512',
        "GET /items/503 200",
        "GET /items?code=503 404 503",
        "haproxy[503]: started",
        '{"path": "/x", "status": 200, "size": 512}',
        "took 503 ms",
    ],
)
def test_what_only_looks_like_a_failed_request_is_none(line: str) -> None:
    assert log_lines.failed_request(line)[1] == 0


@pytest.mark.parametrize(
    "line",
    [
        "FATAL: cannot connect",
        "Server shop/app1 is DOWN, reason: Layer4",
        "pymysql.err.OperationalError: (2003, 'no')",
        "database 10.0.0.1:3306: 0 of 16 sessions open after 3 s",
        "java.lang.NullPointerException",
    ],
)
def test_an_error_is_one(line: str) -> None:
    assert log_lines.is_error(line)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        '  File "/x/error.py", line 7, in refused',
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        "finished with 0 errors",
        "Exception occurred during processing of request from ('10.0.0.1', 50)",
        "database 10.0.0.1:3306: 10 of 16 sessions open",
        "Server shop/app1 is UP",
    ],
)
def test_what_is_none_is_none(line: str) -> None:
    assert not log_lines.is_error(line)


def test_kinds_are_counted_with_their_first_and_last_moment() -> None:
    lines = [f"2026-11-22T10:00:{second:02d}.000000001Z error: order {second} refused" for second in range(5)]
    lines.append("2026-11-22T10:00:09Z all well")
    found = log_lines.digest(lines, limit=100)
    assert (found["lines"], found["errors"], found["cut"]) == (6, 5, False)
    assert len(found["kinds"]) == 1
    kind = found["kinds"][0]
    assert (kind["count"], kind["first"], kind["last"]) == (5, "2026-11-22T10:00:00Z", "2026-11-22T10:00:04Z")
    assert log_lines.digest(lines, limit=6)["cut"]


def test_haproxy_says_some_things_twice_and_they_are_one_kind() -> None:
    lines = ["[ALERT]    (9) : backend 'shop' has no server available!", "backend shop has no server available!"]
    assert [kind["count"] for kind in log_lines.digest(lines, 10)["kinds"]] == [2]


@pytest.mark.parametrize(
    "line",
    [
        "error: login failed password=hunter2 for x",
        "error: Authorization: Bearer hunter2",
        'error {"api_key": "hunter2"}',
        "error: mysql://shop:hunter2@db/x refused",
        "error: token: hunter2",
    ],
)
def test_no_secret_leaves_the_host(line: str) -> None:
    assert "hunter2" not in str(log_lines.digest([line], 10))
    assert log_lines.digest([line], 10)["errors"] == 1


@pytest.mark.parametrize(
    "line",
    [
        "ERROR DB_PASSWORD=hunter2,more;x&y",
        "refused access_token=hunter2",
        "aws_secret_access_key=hunter2/+x",
        "AWS_SESSION_TOKEN: hunter2",
        "client_secret: hunter2",
        "error dbPassword=hunter2",
        "spring.datasource.password = hunter2",
        '{"level": "error", "db_password": "a b, hunter2", "n": 1}',
        r'{"msg": "error {\"db_password\": \"a hunter2\"}"}',
        "{'api_key': 'a\\'hunter2'}",
        '["password"]=> "hunter2"',
        "x-api-key: hunter2",
        "mysqldump --password hunter2 refused",
        "error in ALTER USER a IDENTIFIED BY 'a hunter2'",
        "error in CREATE USER a IDENTIFIED WITH caching_sha2_password AS 'hunter2'",
        "Authorization: Basic hunter2",
        'Proxy-Authorization: Digest username="a", response="hunter2"',
        "Cookie: a=1; session=hunter2",
        '{"set_cookie": "a=1; session=hunter2"}',
        "denied: bearer hunter2hunter2",
        "mysql://shop:pa/hunter2@db:3306/shop",
        "mysql://shop:p@hunter2@db:3306/shop",
        "redis://:a/b#hunter2@cache",
        "https://hunter2@git.example.com/x",
        "shop:a/hunter2@tcp(db:3306)/shop: connection refused",
    ],
)
def test_a_secret_is_masked_whatever_its_name_is_joined_to(line: str) -> None:
    assert "hunter2" not in log_lines.masked(line)
    assert "***" in log_lines.masked(line)
    report = log_lines.digest([f"2026-11-22T10:00:00.1Z FATAL {line}"], 10)
    assert "hunter2" not in str(report)


@pytest.mark.parametrize(
    "line",
    [
        "Access denied for user 'shop'@'10.0.0.1' (using password: YES)",
        "GET http://app:8080/api/orders 503",
        "3 passed, 1 failed: timeout",
        "Server shop/app1 is DOWN, reason: Layer4",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert log_lines.masked(line) == line


def test_what_stands_behind_a_quoted_secret_stays() -> None:
    assert log_lines.masked('{"password": "x", "error": "refused"}') == '{"password": "***", "error": "refused"}'
    assert log_lines.masked("mysql://shop:a/b@db:3306/shop") == "mysql://shop:***@db:3306/shop"
