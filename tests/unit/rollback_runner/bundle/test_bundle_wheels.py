"""What another Python needs is found, whatever the Python is that looks."""

from __future__ import annotations

import pytest

from rollback_runner.bundle.wheels import Target, missing

PACKAGES = {
    "starlette": ["anyio", 'typing-extensions; python_version < "3.13"', 'httpx; extra == "full"'],
    "anyio": ['exceptiongroup; python_version < "3.11"', 'pywin32; sys_platform == "win32"'],
}


@pytest.mark.parametrize(
    ("python", "lacking"), [("3.11", ["typing-extensions"]), ("3.12", ["typing-extensions"]), ("3.13", [])]
)
def test_conditions_are_judged_by_the_other_python(python: str, lacking: list[str]) -> None:
    assert missing(["starlette>=0.4"], PACKAGES, Target(python)) == lacking


def test_an_extra_brings_its_own() -> None:
    assert missing(["starlette[full]"], PACKAGES, Target("3.13")) == ["httpx"]


def test_a_wheel_file_may_be_what_is_wanted() -> None:
    assert missing(["/somewhere/Starlette-1.0-py3-none-any.whl[full]"], PACKAGES, Target("3.13")) == ["httpx"]


def test_a_circle_ends() -> None:
    assert missing(["a"], {"a": ["b"], "b": ["a"]}, Target("3.11")) == []


def test_the_newest_platform_comes_first() -> None:
    tags = Target("3.11", "x86_64", 28).platforms
    assert (tags[0], tags[-1]) == ("manylinux_2_28_x86_64", "manylinux2014_x86_64")
