"""Writes docs/reference anew: `python -m rollback_runner.reference`, in a checkout. `--check` only says what is old."""

from __future__ import annotations

import sys

from rollback_runner.content import ROOT
from rollback_runner.reference.pages import made


def main(arguments: list[str]) -> int:
    """Write every page that is not as it should be; with `--check` name it and end with 1."""
    place = ROOT / "docs" / "reference"
    if not place.is_dir():
        sys.stderr.write(f"{place} is not there: run this in a checkout.\n")
        return 2
    old = []
    for name, text in made(ROOT).items():
        path = place / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        old.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    verb = "is old" if "--check" in arguments else "was written"
    sys.stderr.write("".join(f"docs/reference/{name} {verb}\n" for name in old) or "docs/reference is up to date\n")
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
