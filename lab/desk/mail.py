"""As much of SMTP (RFC 5321) as a mail client needs to hand a message over: no relaying, no TLS, no log-in."""

from __future__ import annotations

import email
import email.policy
import socketserver
from typing import TYPE_CHECKING

from lab.desk.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 1 << 24
IDLE_SECONDS = 30.0


class Server(socketserver.ThreadingTCPServer):
    """Hands every message to `take` as way, subject and text."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], take: Callable[[str, str, str, list[str]], None], faults: Faults | None = None
    ) -> None:
        super().__init__(address, Session)
        self.take = take
        self.faults = faults or Faults()


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    timeout = IDLE_SECONDS
    server: Server

    def handle(self) -> None:
        """Talk until the client leaves."""
        self._say("220 desk")
        while (line := self.rfile.readline(1024)).endswith(b"\n"):
            verb = line[:4].decode("ascii", "replace").upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "DATA":
                self._say("354 go ahead")
                raw = self._message()
                fault = self.server.faults.meet("mail")
                fault.before()
                if fault.keeps:
                    self._take(raw)
                fault.after()
                if fault.mode == "dead":
                    return
                self._say("451 this is a fault on purpose" if fault.mode == "status" else "250 taken")
            elif verb in {"EHLO", "HELO", "MAIL", "RCPT", "RSET", "NOOP"}:
                self._say("250 ok")
            else:
                self._say("502 not known here")

    def _message(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(4096)) not in {b".\r\n", b".\n", b""}:
            size += len(line)
            if size <= MOST_BYTES:
                lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _take(self, raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        part = message.get_body(preferencelist=("plain", "html"))
        text = str(part.get_content()) if part is not None else ""
        names = [str(part.get_filename() or "") for part in message.iter_attachments()]
        self.server.take("mail", str(message.get("Subject") or ""), text, names)

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
