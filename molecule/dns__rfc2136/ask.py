# ruff: noqa: INP001 - run by path
"""Ask a name server by a packet of our own making: `ask.py ADDRESS PORT NAME` prints address and TTL."""

import secrets
import socket
import struct
import sys

A, INTERNET, RECURSION = 1, 1, 0x0100


def question(number: int, name: str) -> bytes:
    """Write a question for an A record (RFC 1035, section 4)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, RECURSION, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", A, INTERNET)


def answers(reply: bytes, asked: int) -> list[str]:
    """Read the answers behind a question of that many bytes; each names the question by a pointer of two bytes."""
    count, place, found = struct.unpack("!H", reply[6:8])[0], asked, []
    for _ in range(count):
        kind, _class, ttl, length = struct.unpack("!2HIH", reply[place + 2 : place + 12])
        if kind == A:
            found.append(f"{socket.inet_ntoa(reply[place + 12 : place + 16])} {ttl}")
        place += 12 + length
    return found


packet = question(secrets.randbelow(65536), sys.argv[3])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
    connection.settimeout(5)
    connection.sendto(packet, (sys.argv[1], int(sys.argv[2])))
    sys.stdout.write("\n".join(answers(connection.recv(4096), len(packet))) + "\n")
