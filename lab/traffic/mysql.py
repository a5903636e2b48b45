"""Open a MySQL session the way a client does that follows DNS: each time the name is asked for anew."""

from __future__ import annotations

import functools
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from pathlib import Path

    from pymysql.cursors import Cursor

    from lab.traffic.config import Login


@dataclass(frozen=True)
class Opened:
    """A session, the address that the name stood for, and the server that answered there."""

    connection: pymysql.Connection[Cursor]
    address: str
    server_uuid: str


def connect(login: Login, *, connect_timeout: float, read_timeout: float) -> Opened:
    """Open an autocommitting session. Times in seconds. Raises pymysql.MySQLError or OSError."""
    address = socket.getaddrinfo(login.host, login.port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
    connection: pymysql.Connection[Cursor] = pymysql.connect(
        host=str(address),
        port=login.port,
        user=login.user,
        password=_password(login.password_file),
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        write_timeout=read_timeout,
        ssl=_tls(login.ca_file) if login.ca_file else None,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@server_uuid")
            row = cursor.fetchone()
    except BaseException:
        connection.close()
        raise
    return Opened(connection, str(address), str(row[0]) if row else "")


@functools.cache
def _tls(ca_file: str) -> ssl.SSLContext:
    """Trust the lab's CA. The name moves from side to side, so the certificate's own name is not compared."""
    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname = False
    return context


@functools.cache
def _password(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
