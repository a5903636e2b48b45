"""Moto's server with the answers of `answers` and the refusals of `iam` in it, and a page of its own: `/lab/desired`.

`python3 -m lab.aws.server --host 0.0.0.0 --port 5000 [--config /etc/rr/reconciler.json]`
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

from lab.aws import answers, iam
from lab.aws.config import ConfigError, read_config
from lab.aws.iam_seed import CLEANUP_USER
from lab.aws.snapshot import desired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DESIRED_PATH = "/lab/desired"
# Beside the credentials of the tool's own user: those of the one who may clean up.
CLEANUP_FILE = "aws-cleanup-credentials"
DEFAULT_CONFIG = Path("/etc/rr/reconciler.json")


class Application:
    """Answers `/lab/desired?REGION` itself and leaves everything else to moto."""

    def __init__(self, moto: Any) -> None:
        self._moto = moto

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as WSGI asks for it."""
        if environ.get("PATH_INFO") != DESIRED_PATH:
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer
        body = json.dumps(desired(environ.get("QUERY_STRING", ""))).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def main(argv: list[str] | None = None) -> int:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="The AWS API of the lab.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    arguments = parser.parse_args(argv)
    state_file = None
    if arguments.config.exists():
        try:
            config = read_config(arguments.config)
            state_file = config.state_file
            iam.give_key(Path(config.credentials_file), config.profile)
            ending = Path(config.credentials_file).with_name(CLEANUP_FILE)
            if ending.exists():
                iam.give_key(ending, CLEANUP_USER, CLEANUP_USER)
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    os.environ.setdefault("MOTO_PORT", str(arguments.port))
    # Moto would put Amazon's own images and their snapshots into the account, as if they were somebody's.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    answers.install(state_file)
    # One line for each of two requests a second says nothing.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    application = Application(iam.Gatekeeper(DomainDispatcherApplication(create_backend_app)))
    run_simple(arguments.host, arguments.port, application, threaded=True, request_handler=MotoRequestHandler)
    return 0


if __name__ == "__main__":
    sys.exit(main())
