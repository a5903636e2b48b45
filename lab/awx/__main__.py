"""`python -m lab.awx`: a stand-in to try things on. Prints its URL, and the file that holds a token for admin."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

from lab.awx.server import Stand


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m lab.awx", description=__doc__)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token-file", type=Path, default=Path("awx-token"))
    given = parser.parse_args()
    ended = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ended)
    with Stand(address=(given.address, given.port)) as stand:
        given.token_file.unlink(missing_ok=True)
        given.token_file.touch(mode=0o600)
        given.token_file.write_text(stand.token("admin"), encoding="utf-8")
        os.write(1, f"{stand.url} {given.token_file}\n".encode())
        signal.sigwait(ended)


if __name__ == "__main__":
    main()
