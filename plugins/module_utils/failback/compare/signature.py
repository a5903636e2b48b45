"""SSH signatures over a manifest: made with ``ssh-keygen -Y sign``, checked against an allowed-signers file.

The signature lies beside the file as FILE.sig. The private key is named by its path and never read here.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from failback.errors import ConfigError, DamagedError, FailbackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMESPACE = "rollback-runner-manifest"
_TIMEOUT = 20.0


def sign(path: Path, key_file: Path) -> Path:
    """Sign; returns the signature's path. Raises ConfigError for a key that is of no use, FailbackError otherwise."""
    if not key_file.is_file():
        raise ConfigError(f"there is no signing key {key_file}: correct the path")
    signature = signature_of(path)
    signature.unlink(missing_ok=True)  # ssh-keygen would ask
    done = _run(["sign", "-f", str(key_file), "-n", NAMESPACE, str(path)])
    if done.returncode or not signature.is_file():
        raise ConfigError(
            f"{path} could not be signed with {key_file}: {_told(done)}; a key with a passphrase must be in the agent"
        )
    return signature


def verify(path: Path, allowed_signers: Path, identity: str = "") -> str:
    """Check the signature; returns who signed. Raises DamagedError when it is missing or wrong, ConfigError."""
    signature = signature_of(path)
    if not allowed_signers.is_file():
        raise ConfigError(f"there is no allowed-signers file {allowed_signers}: correct the path")
    if not signature.is_file():
        raise DamagedError(f"{path} is not signed: {signature.name} is missing beside it")
    signer = identity or _principal(signature, allowed_signers, path)
    argv = ["verify", "-f", str(allowed_signers), "-I", signer, "-n", NAMESPACE, "-s", str(signature)]
    done = _run(argv, path.read_bytes())
    if done.returncode:
        raise DamagedError(
            f"the signature of {path} is not one of {signer}: {_told(done)}; the file was changed after it was signed,"
            " or signed by somebody else"
        )
    return signer


def signature_of(path: Path) -> Path:
    """Say where the signature of a file lies."""
    return path.with_name(f"{path.name}.sig")


def _principal(signature: Path, allowed_signers: Path, path: Path) -> str:
    done = _run(["find-principals", "-s", str(signature), "-f", str(allowed_signers)])
    found = done.stdout.decode(errors="replace").split("\n")[0].strip()
    if done.returncode or not found:
        raise DamagedError(f"{path} is signed with a key that {allowed_signers} does not name")
    return found


def _run(argv: Sequence[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", *argv], input=data, capture_output=True, check=False, timeout=_TIMEOUT
        )
    except FileNotFoundError as error:
        raise FailbackError("ssh-keygen is not installed on this machine: install openssh-client") from error
    except subprocess.TimeoutExpired as error:
        raise FailbackError(f"ssh-keygen did not end within {_TIMEOUT:g} s") from error


def _told(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join((done.stderr or done.stdout).decode(errors="replace").split())[:200] or f"code {done.returncode}"
