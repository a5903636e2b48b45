"""The commands that a person is told to type carry the site; and `-i SITE` goes before and after a command's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from failback import incident as incidents

from rollback_runner import messages, next_steps
from rollback_runner.cli import root
from rollback_runner.cli.common import DEFAULT_SITE, run
from rollback_runner.cli.site_group import SiteGroup
from rollback_runner.content import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language

LAB = str(ROOT / DEFAULT_SITE)


@pytest.fixture
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    monkeypatch.setenv("RR_LANG", "en")
    monkeypatch.delenv("RR_SITE", raising=False)


@pytest.fixture
def _shop() -> Iterator[None]:
    """Work on another site than the default, as a command does that was given one."""
    before = next_steps.now()
    parameter = next(one for one in root.commands["phase"].params if "-i" in one.opts)
    context = root.make_context("rollback-runner", ["phase"])
    assert parameter.callback is not None
    parameter.callback(context, parameter, "inventories/example")
    yield
    next_steps.leave(before)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("rollback-runner resume (safe)", "rollback-runner resume{} (safe)"),
        ("rollback-runner phase full proves it", "rollback-runner phase full{} proves it"),
        ("rollback-runner phase full --part restore", "rollback-runner phase full{} --part restore"),
        ("rollback-runner incident close --reason X", "rollback-runner incident close{} --reason X"),
        ("rollback-runner confirm ITEM --as NAME", "rollback-runner confirm ITEM{} --as NAME"),
        ("rollback-runner plan shows it", "rollback-runner plan{} shows it"),
        ("rollback-runner report --incident open", "rollback-runner report{} --incident open"),
        ("rollback-runner resume, rollback-runner abort", "rollback-runner resume{0}, rollback-runner abort{0}"),
        ("rollback-runner abort로도", "rollback-runner abort{}로도"),
        ("rollback-runner store push", "rollback-runner store push{}"),
        ("rollback-runner items", "rollback-runner items"),
        ("rollback-runner archive verify FILE", "rollback-runner archive verify FILE"),
        ("rollback-runner doctor -i other; rollback-runner resume", ("rollback-runner doctor -i other; "
         "rollback-runner resume{}")),
        ("the mark of rollback-runner is missing", "the mark of rollback-runner is missing"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("_shop")
def test_a_command_gets_the_site_as_it_was_given(said: str, typed: str) -> None:
    wanted = typed.format(" -i inventories/example")
    assert next_steps.complete(said) == wanted
    assert next_steps.complete(wanted) == wanted


def test_on_the_default_site_nothing_is_added() -> None:
    assert messages.Texts("en")("next.resume").startswith("rollback-runner resume (")


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_next_step_of_the_catalogue_is_complete(language: Language) -> None:
    texts = messages.Texts(language)
    for key in messages.below("next."):
        told = texts(f"next.{key}", command="rollback-runner phase prepare")
        assert len(re.findall(r"rollback-runner [a-z]", told)) == told.count(" -i inventories/example"), told


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(("site", "given"), [(DEFAULT_SITE, ""), (LAB, f" -i {LAB}")])
def test_an_error_names_the_command_for_the_site(site: str, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(root, ["incident", "close", "-i", site, "--reason", "over"])
    assert capsys.readouterr().err.endswith(f"Next: rollback-runner phase prepare{given}\n")
    assert next_steps.now().site == ""


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize("words", [["incident", "close", "-i", LAB], ["incident", "-i", LAB, "close"]])
def test_an_incident_is_closed_wherever_the_site_stands(words: list[str], tmp_path: Path) -> None:
    incidents.begin(tmp_path, "lab")
    with pytest.raises(SystemExit) as ended:
        run(root, [*words, "--reason", "over"])
    assert ended.value.code == 0
    assert incidents.current(tmp_path, "lab") is None


@pytest.mark.usefixtures("_home")
def test_two_sites_are_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(root, ["incident", "-i", "one", "close", "-i", "two", "--reason", "over"])
    assert ended.value.code == 2
    said = "The site is given twice, and not the same: one and two.\nNext: give -i SITE once\n"
    assert capsys.readouterr().err == said


def test_every_group_of_a_site_lets_it_stand_behind() -> None:
    groups = [command for name in root.commands if isinstance(command := root.commands[name], SiteGroup)]
    assert {group.name for group in groups} == {"incident", "messages", "watch", "serve", "plan"}
    for group in groups:
        for command in group.commands.values():
            assert any("-i" in one.opts for one in command.params), command.name
    for name in root.commands:
        command = root.commands[name]
        if any("-i" in one.opts for one in command.params) and hasattr(command, "commands"):
            assert isinstance(command, SiteGroup), name
