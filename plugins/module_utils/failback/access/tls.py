"""Shakes hands with a TLS server and verifies its certificate. Times are seconds."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from failback.access.model import Seen

if TYPE_CHECKING:
    from failback.access.model import Path


def shake(path: Path, timeout: float) -> Seen:
    """Try a path of kind "tls" whose port is known to be open."""
    begun = time.monotonic()
    try:
        authority = str(FilePath(path.ca_file).expanduser()) if path.ca_file else None
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        return Seen("certificate", 0.0, f"the CA file {path.ca_file} cannot be used: {error}")
    try:
        with (
            socket.create_connection((path.host, path.port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=path.server_name or path.host),
        ):
            return Seen("open", time.monotonic() - begun)
    except ssl.SSLCertVerificationError as error:
        return Seen("certificate", time.monotonic() - begun, error.verify_message or str(error))
    except TimeoutError:
        # The port is open and the certificate, which fills whole packets, does not come through.
        return Seen("large_packets", time.monotonic() - begun, "the TLS handshake does not come to its end")
    except (OSError, ssl.SSLError) as error:
        return Seen("silent", time.monotonic() - begun, str(error))
