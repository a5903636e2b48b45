"""Signing and verifying with ``ssh-keygen -Y``. Nothing here asks for, sees or passes on a passphrase.

A signature is made in one of our namespaces, so that none made for mail, git or a log-in can be used as an approval
(PROTOCOL.sshsig of OpenSSH). The key may lie in a file, in an agent or in a FIDO token: ssh-keygen itself asks the
person, on the terminal.

What is verified is what was read: the statement goes in by standard input, signature and signers by a file in memory,
so nothing can be changed between the look and the check. Signatures are verified side by side: one takes 6 ms.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import ConfigError, FailbackError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

APPROVAL = "approval@rollback-runner"
PLAN = "plan@rollback-runner"
PATIENCE = 10.0  # seconds for one verification; it takes milliseconds
AGENT = "agent"
_PERSON_PATIENCE = 300.0  # seconds a person has to type a passphrase or to touch a token
_GOOD = re.compile(r'^Good "(?P<namespace>.*)" signature for (?P<name>.*) with \S+ key (?P<key>SHA256:\S+)$')
_SIGNATURE = re.compile(r"-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+-----END SSH SIGNATURE-----\n?")


@dataclass(frozen=True)
class Claim:
    """What is said to be signed: these bytes, by this name, in this namespace.

    ``moment`` is when the key must have been valid; None is now. It reaches ssh-keygen to the second.
    """

    message: bytes
    signature: bytes
    name: str
    namespace: str
    moment: datetime | None = None


@dataclass(frozen=True)
class Verified:
    """What ssh-keygen said: the key's fingerprint, or in ``why`` its own words for no."""

    key: str = ""
    why: str = ""

    @property
    def good(self) -> bool:
        """True when the signature holds."""
        return bool(self.key)


class Verification:
    """Signatures being verified, each in a process of its own; begun at once, answered by `results`."""

    def __init__(self, claims: Sequence[Claim], signers: bytes) -> None:
        self._open = ExitStack()
        self._claims = claims
        try:
            allowed = self._file(signers)
            self._running = [self._start(claim, allowed) for claim in claims]
        except BaseException:
            self._open.close()
            raise

    def results(self) -> list[Verified]:
        """Wait for all and return one answer a claim. Raises `UnreachableError` when ssh-keygen does not end."""
        with self._open:
            return [self._end(process, claim) for process, claim in zip(self._running, self._claims, strict=True)]

    def close(self) -> None:
        """Give up: end what still runs."""
        self._open.close()

    def _file(self, content: bytes) -> int:
        descriptor = os.memfd_create("signature")
        self._open.callback(os.close, descriptor)
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def _start(self, claim: Claim, allowed: int) -> subprocess.Popen[str]:
        if not _usable_name(claim.name):
            raise ConfigError(f"{claim.name!r} is no name that can sign")
        signature, message = self._file(claim.signature), self._file(claim.message)
        argv = ["ssh-keygen", "-Y", "verify", "-f", f"/dev/fd/{allowed}", "-I", claim.name, "-n", claim.namespace]
        argv += ["-s", f"/dev/fd/{signature}"]
        if claim.moment is not None:
            # Local time: only newer releases than 9.0 know the suffix Z.
            argv += ["-O", f"verify-time={claim.moment.astimezone():%Y%m%d%H%M%S}"]
        try:
            process = subprocess.Popen(
                argv,
                stdin=message,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                pass_fds=(allowed, signature),
                env=_environment(),
            )
        except OSError as error:
            raise _missing(error) from error
        self._open.callback(_ended, process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[str], claim: Claim) -> Verified:
        try:
            said, complained = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise UnreachableError(f"ssh-keygen did not verify a signature within {PATIENCE:g} s; try again") from error
        found = next((match for line in said.splitlines() if (match := _GOOD.match(line))), None)
        if process.returncode == 0 and found and (found["namespace"], found["name"]) == (claim.namespace, claim.name):
            return Verified(key=found["key"])
        words = [line.strip() for line in complained.splitlines() if line.strip()]
        return Verified(why=re.sub(r"^/dev/fd/\d+:(\d+)", r"line \1", words[0]) if words else "no reason was given")


def verify(claims: Sequence[Claim], signers: bytes) -> list[Verified]:
    """Verify signatures against the content of an allowed-signers file, side by side."""
    return Verification(claims, signers).results() if claims else []


def sign(message: bytes, key: str, namespace: str, *, ask: bool, public: Sequence[str] = ()) -> bytes:
    """Sign with the key in a file, or with the one of ``public`` that the agent holds (key ``agent``).

    ``ask``: a person sits at the terminal, where ssh-keygen may ask for the passphrase or a touch. Without it, a key
    that needs either is refused at once. Raises `ConfigError` with what to do.
    """
    import tempfile  # noqa: PLC0415 - verifying, in a run, has no use for it

    with tempfile.TemporaryDirectory(prefix="rr-sign-") as private:
        document = Path(private) / "statement"
        document.write_bytes(message)
        chosen = _of_agent(Path(private), public) if key == AGENT else _usable_key(key)
        argv = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(chosen), "-n", namespace, str(document)]
        try:
            done = subprocess.run(
                argv,
                stdin=None if ask else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # What it asks of a person goes to the terminal, by standard error.
                stderr=None if ask else subprocess.PIPE,
                timeout=_PERSON_PATIENCE,
                check=False,
                env=_environment(),
            )
        except OSError as error:
            raise _missing(error) from error
        except subprocess.TimeoutExpired as error:
            raise ConfigError(f"nobody unlocked {key} within {_PERSON_PATIENCE:g} s; nothing was signed") from error
        made = document.with_name("statement.sig")
        if done.returncode != 0 or not made.exists():
            said = " ".join((done.stderr or b"").decode(errors="replace").split())[-300:]
            raise ConfigError(f"{key} did not sign{': ' + said if said else ''}. {_hint(said, ask=ask)}")
        return made.read_bytes()


def armored(signature: str) -> bool:
    """Tell whether this looks like a signature of ``ssh-keygen -Y sign``, and nothing beside it."""
    return _SIGNATURE.fullmatch(signature.replace("\r\n", "\n").lstrip()) is not None


def public_of(key: Path) -> str:
    """Return the public line (type and base64) of a private key that needs no passphrase, or from its .pub file."""
    beside = key if key.suffix == ".pub" else key.with_name(key.name + ".pub")
    with suppress(OSError, UnicodeDecodeError):
        return " ".join(beside.read_text(encoding="utf-8").split()[:2])
    return ""


def agent_keys() -> list[str]:
    """List the public keys (type and base64) that the agent of this session holds; none without an agent."""
    if not os.environ.get("SSH_AUTH_SOCK"):
        return []
    try:
        done = subprocess.run(["ssh-add", "-L"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [" ".join(line.split()[:2]) for line in done.stdout.splitlines() if done.returncode == 0]


def _of_agent(private: Path, public: Sequence[str]) -> Path:
    held = agent_keys()
    for line in held:
        if line in public:
            path = private / "key.pub"
            path.write_text(line + "\n", encoding="utf-8")
            return path
    raise ConfigError(
        f"the agent holds {len(held)} keys, and none of them stands in the signers file for this person: load yours"
        " with ssh-add, or name its file with --key"
    )


def _usable_key(key: str) -> Path:
    path = Path(key).expanduser()
    if not path.is_file():
        raise ConfigError(f"there is no key at {path}: name yours with --key FILE, or use --key agent")
    return path


def _hint(said: str, *, ask: bool) -> str:
    if "passphrase" in said and not ask:
        return "Its passphrase can only be typed by its owner: run this on a terminal, or load the key with ssh-add"
    return "Nothing was signed; run the same command again"


def _usable_name(name: str) -> bool:
    # A name that begins with a dash would be read as an option, and a line break forges an answer.
    return bool(name) and name.isprintable() and not name.startswith("-")


def _environment() -> Mapping[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"SSH_ASKPASS", "DISPLAY"}}
    return kept | {"LC_ALL": "C"}


def _ended(process: subprocess.Popen[str]) -> None:
    """Leave no process and no pipe behind, whatever happened."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _missing(error: OSError) -> FailbackError:
    return ConfigError(f"ssh-keygen cannot be run ({error.strerror}): apt-get install openssh-client")
