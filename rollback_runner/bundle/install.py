"""Puts a bundle to work on a machine that reaches no package registry: `python3 install BUNDLE DIRECTORY`.

It travels inside the bundle and needs nothing but Python 3.11 or newer: everything it uses is in Python itself.
Nothing is unpacked before every digest was found right.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

# Filled in when the bundle is made, from rollback_runner/messages/bundle.yml.
TEXTS: dict[str, dict[str, str]] = {}
NAMESPACE, FORMAT = "bundle@rollback-runner", "rollback-runner-bundle"
FAILED, USAGE, INTERRUPTED = 1, 2, 130
# What ends it from outside: Ctrl-C, a supervisor or a shutdown, a terminal that is closed.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What wheels take once they are installed, as a multiple of what they take packed.
GROWTH = 5
CHUNK = 1 << 20
LAUNCHER = """#!/bin/sh
# Installed from a bundle: the record lies beside this file unless RR_HOME names another place.
RR_HOME="${{RR_HOME:-{place}}}"; RR_SITE="${{RR_SITE:-{site}}}"; PATH="{place}/venv/bin:$PATH"
export RR_HOME RR_SITE PATH
exec "{place}/venv/bin/rollback-runner" "$@"
"""


class StopError(Exception):
    """It cannot go on; the message is a sentence for whoever started it."""

    def __init__(self, key: str, code: int = FAILED, **values: object) -> None:
        super().__init__(say(key, **values))
        self.code = code


class EndedError(BaseException):
    """Somebody ended it. After a KeyboardInterrupt, subprocess would not wait for the program that it killed."""


def language() -> str:
    """Return the language of whoever is here, by the locale."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return "ko" if next((os.environ[name] for name in names if os.environ.get(name)), "").startswith("ko") else "en"


def say(key: str, **values: object) -> str:
    """Return a sentence in that language."""
    return TEXTS[key][language()].format(**values)


def main(argv: list[str] | None = None) -> int:
    """Install a bundle. 0: done; 1: something failed, nothing was left behind; 2: wrong usage; 130: interrupted."""
    parser = argparse.ArgumentParser(prog="install", description=say("what"))
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help=say("bundle"))
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help=say("directory"))
    parser.add_argument("--signers", metavar="FILE", type=Path, help=say("signers"))
    parser.add_argument("--no-images", action="store_true", help=say("no_images"))
    given = parser.parse_args(argv)
    answer_endings(interrupted)
    try:
        sys.stdout.write("\n".join([*install(given), ""]))
    except StopError as error:
        sys.stderr.write(f"{error}\n")
        return error.code
    except EndedError:
        sys.stderr.write(f"{say('interrupted')}\n")
        return INTERRUPTED
    return 0


def answer_endings(how: Any) -> None:
    """Answer each of them so. What was to be ignored from the start (nohup) stays ignored."""
    for one in ENDINGS:
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, how)


def interrupted(*_told: object) -> None:
    """Stop where it is, and let no second one cut off what puts things away. Raises EndedError."""
    answer_endings(signal.SIG_IGN)
    raise EndedError


def install(given: argparse.Namespace) -> list[str]:
    """Look at everything first, then install; return what is to be told. Raises StopError."""
    place = given.directory.expanduser().absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise StopError("not_empty", USAGE, place=place)
    try:
        with tarfile.open(given.bundle, "r:") as outer:
            manifest = manifest_of(outer)
            prove(outer, manifest, given.signers)
            fits(manifest, place)
            existed = place.exists()
            try:
                place.mkdir(parents=True, exist_ok=True)
                unpack(outer, manifest, place)
                environment(place, manifest)
                images = load_images(place, manifest, skip=given.no_images)
            except BaseException:
                answer_endings(signal.SIG_IGN)
                for one in place.iterdir() if existed else ():
                    shutil.rmtree(one) if one.is_dir() else one.unlink()
                if not existed:
                    shutil.rmtree(place, ignore_errors=True)
                raise
    except (tarfile.TarError, EOFError) as error:
        raise StopError("damaged", what=given.bundle, why=error) from error
    except OSError as error:
        raise StopError("os", what=error.filename or given.bundle, why=error.strerror) from error
    return told(manifest, place, images)


def manifest_of(outer: tarfile.TarFile) -> dict[str, Any]:
    """Read the manifest. Raises StopError when the file is no bundle."""
    try:
        content = json.loads(member(outer, "manifest.json").read())
    except (ValueError, KeyError) as error:
        raise StopError("damaged", what=outer.name, why=error) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != 1:
        raise StopError("damaged", what=outer.name, why=say("no_bundle"))
    return content


def prove(outer: tarfile.TarFile, manifest: dict[str, Any], signers: Path | None) -> None:
    """Compare every digest, and the signature where signers are given. Raises StopError."""
    if signers is not None:
        signature(outer, manifest, signers)
    for name, expected in (("install", "install"), ("READ-ME.txt", "guide"), ("record.tar.gz", "record")):
        if digest(member(outer, name)) != manifest[expected]:
            raise StopError("changed", what=name)
    left = list(manifest["files"])
    with tarfile.open(fileobj=member(outer, "record.tar.gz"), mode="r|gz") as record:
        for info in record:
            file = left.pop(0) if left else {"name": ""}
            content = record.extractfile(info)
            if info.name != file["name"] or not info.isreg() or content is None or digest(content) != file["sha256"]:
                raise StopError("changed", what=info.name)
    if left:
        raise StopError("changed", what=left[0]["name"])


def signature(outer: tarfile.TarFile, manifest: dict[str, Any], signers: Path) -> None:
    """Ask ssh-keygen whether the manifest was signed by whom it says. Raises StopError."""
    signer, signed = manifest["signer"], member(outer, "manifest.json.sig").read()
    if not signer or not signed:
        raise StopError("unsigned", what=outer.name)
    with tempfile.NamedTemporaryFile() as kept:
        kept.write(signed)
        kept.flush()
        argv = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", signer, "-n", NAMESPACE, "-s", kept.name]
        message = member(outer, "manifest.json").read()
        try:
            done = subprocess.run(argv, input=message, capture_output=True, timeout=30, check=False)
        except FileNotFoundError as error:
            raise StopError("no_keygen") from error
    if done.returncode != 0:
        raise StopError("signature", signer=signer, why=" ".join(done.stderr.decode(errors="replace").split()))


def fits(manifest: dict[str, Any], place: Path) -> None:
    """Look whether this machine is one the bundle was made for, with room for it. Raises StopError."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    if mine not in manifest["pythons"]:
        raise StopError("python", USAGE, mine=mine, given=sys.executable, wanted=", ".join(manifest["pythons"]))
    if platform.machine() != manifest["machine"]:
        raise StopError("machine", USAGE, mine=platform.machine(), wanted=manifest["machine"])
    minor = platform.libc_ver()[1].partition(".")[2]
    if minor.isdigit() and int(minor) < manifest["glibc_minor"]:
        raise StopError("glibc", USAGE, mine=f"2.{minor}", wanted=f"2.{manifest['glibc_minor']}")
    wheels = sum(file["size"] for file in manifest["files"] if file["name"].startswith("wheels/"))
    needed = manifest["unpacked"] + GROWTH * wheels
    there = next(parent for parent in (place, *place.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise StopError("no_room", place=there, free=free >> 20, needed=needed >> 20)


def unpack(outer: tarfile.TarFile, manifest: dict[str, Any], place: Path) -> None:
    """Put the content below the directory, under the names of the manifest and no others. Raises StopError."""
    allowed = {file["name"]: file["sha256"] for file in manifest["files"]}
    with tarfile.open(fileobj=member(outer, "record.tar.gz"), mode="r|gz") as record:
        for info in record:
            content = record.extractfile(info)
            if info.name not in allowed or content is None or not inside(info.name):
                raise StopError("changed", what=info.name)
            # What the inventory looks for below RR_HOME lies there: this directory is the home of what is installed.
            target = place / info.name.removeprefix("home/")
            target.parent.mkdir(parents=True, exist_ok=True)
            found = hashlib.sha256()
            with target.open("xb") as stream:
                while block := content.read(CHUNK):
                    found.update(block)
                    stream.write(block)
            if found.hexdigest() != allowed[info.name]:
                raise StopError("changed", what=info.name)


def environment(place: Path, manifest: dict[str, Any]) -> None:
    """Make the virtual environment from the wheels alone, and the launcher. Raises StopError with pip's words."""
    venv, wheels = place / "venv", place / "wheels"
    # Without ensurepip, which Debian keeps in a package of its own: pip is among the wheels, and runs out of one.
    quiet([sys.executable, "-m", "venv", "--without-pip", str(venv)])
    python = venv / "bin" / "python"
    # Whatever asks pip here later, the lab for one, gets its wheels from here as well, and never from elsewhere.
    (venv / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n", encoding="utf-8")
    pip, mine = wheel_of(wheels, "pip"), wheel_of(wheels, "rollback_runner")
    extras = "[lab,postgresql]" if manifest["lab"] else "[postgresql]"
    argv = [str(python), f"{pip}/pip", "install", "--quiet", "--no-index", "--find-links", str(wheels)]
    quiet([*argv, "--disable-pip-version-check", "pip", f"{mine}{extras}"])
    launcher = place / "rollback-runner"
    site = place / "inventories" / manifest["site"]
    launcher.write_text(LAUNCHER.format(place=place, site=site), encoding="utf-8")
    launcher.chmod(0o755)
    quiet([str(launcher), "--version"])


def wheel_of(wheels: Path, name: str) -> Path:
    """Find the wheel of a package. Raises StopError when it is not there."""
    found = sorted(wheels.glob(f"{name}-*.whl"))
    if not found:
        raise StopError("damaged", what=wheels, why=name)
    return found[-1]


def load_images(place: Path, manifest: dict[str, Any], *, skip: bool) -> str:
    """Load the images into the engine here, where there is one; say what became of them."""
    saved = [image for image in manifest["images"] if image["file"]]
    if not saved:
        return ""
    by_hand = say("load_by_hand", place=place / "images")
    if skip:
        return by_hand
    for image in saved:
        argv = ["docker", "load", "--quiet", "--input", str(place / image["file"])]
        try:
            done = run(argv, dict(os.environ))
        except FileNotFoundError:
            return f"{say('no_docker')} {by_hand}"
        if done.returncode != 0:
            return f"{say('not_loaded', name=image['name'], why=' '.join(done.stderr.split()))} {by_hand}"
        subprocess.run(["docker", "tag", image["id"], image["name"]], capture_output=True, check=False)
    return say("loaded", count=len(saved))


def told(manifest: dict[str, Any], place: Path, images: str) -> list[str]:
    """Return what whoever installed it must know: what is there, what to bring, what to type."""
    lines = [say("done", version=manifest["tool"], place=place), *([images] if images else [])]
    if manifest["by_hand"]:
        lines.append(say("by_hand"))
    # What is looked for below RR_HOME lies in this directory; anything else where its name says.
    by_hand = [(name, name.removeprefix("RR_HOME/")) for name in manifest["by_hand"]]
    lines += [f"  {place / below if below != name else name}" for name, below in by_hand]
    lines += [say("placed", name=place / one["name"], path=one["path"]) for one in manifest["placed"]]
    return [*lines, say("next", command=place / "rollback-runner")]


def member(outer: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open one of the bundle's own files. Raises StopError when it is not there."""
    try:
        found = outer.extractfile(name)
    except KeyError as error:
        raise StopError("damaged", what=outer.name, why=name) from error
    if found is None:
        raise StopError("damaged", what=outer.name, why=name)
    return found


def inside(name: str) -> bool:
    """Tell whether a name stays below the directory it is put into."""
    return not name.startswith("/") and all(part not in {"", ".", ".."} for part in name.split("/"))


def digest(stream: IO[bytes]) -> str:
    """Return the SHA-256 of what a stream gives."""
    found = hashlib.sha256()
    while block := stream.read(CHUNK):
        found.update(block)
    return found.hexdigest()


def run(argv: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, or end it and wait for that. Raises EndedError, FileNotFoundError.

    subprocess.run would lose one that has begun but that it does not know yet: until then nobody is heard.
    """
    before, process = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS), None
    try:
        process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before),  # noqa: PLW1509 - there is one thread
        )  # fmt: skip
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # who ended it meanwhile is heard here
        said, wrong = process.communicate()
    except BaseException:
        if process is not None:
            process.kill()
            process.wait()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return subprocess.CompletedProcess(argv, process.returncode, said, wrong)


def quiet(argv: list[str]) -> None:
    """Run a program. Raises StopError with its last words."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))}
    done = run(argv, kept)
    if done.returncode != 0:
        raise StopError("failed", command=" ".join(argv[:4]), why=" ".join((done.stderr or done.stdout).split())[-600:])


if __name__ == "__main__":
    sys.exit(main())
