"""No page leads nowhere: every link to a file of the project, and to a heading in it, has its end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "roles/*/README.md", "lab/**/*.md")
    for page in PROJECT.glob(pattern)
    if ".lab" not in page.parts
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub makes anchors of them."""
    found = set()
    for line in page.read_text(encoding="utf-8").splitlines():
        if re.match(r"#{1,6} ", line):
            heading = line.lstrip("#").strip().lower()
            found.add(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_has_its_end(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{link}: {target.name} has no such heading"


@pytest.mark.parametrize("role", sorted(path.parent.name for path in PROJECT.glob("roles/*/README.md")))
def test_a_roles_page_is_short_and_says_what_matters(role: str) -> None:
    page = (PROJECT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert len(page.splitlines()) <= 60
    words = ("Outcome:", "Touches", "Going back:", f"name: {role}, tasks_from:")
    assert [word for word in words if word.lower() not in page.lower()] == []
    entry_points = {path.stem for path in (PROJECT / "roles" / role / "tasks").glob("*.yml")}
    assert [name for name in entry_points if f"`{name}`" not in page and not included(role, name)] == []


def included(role: str, name: str) -> bool:
    """Whether a task file is a part of another one and no entry point."""
    files = (PROJECT / "roles" / role / "tasks").glob("*.yml")
    return any(f"tasks: {name}.yml" in path.read_text(encoding="utf-8") for path in files)


def test_every_role_has_a_page() -> None:
    roles = {path.parent.name for path in PROJECT.glob("roles/*/tasks")}
    assert roles == {path.parent.name for path in PROJECT.glob("roles/*/README.md")}
