"""The runbook without a server: the order of its steps, its words in both languages, what bash makes of it."""

from __future__ import annotations

import html
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rollback_runner import messages
from rollback_runner.content import PACKAGE, ROOT
from rollback_runner.plan import ways
from rollback_runner.runbook import book, order, render, site_view, words

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

LANGUAGES: tuple[Language, ...] = ("en", "ko")
ORIGIN = book.Origin("ab" * 32, "2026-01-01T00:00:00.000Z", "", "0", "inventories/shop")
NASTY = '<b>it\'s "$HOME" `id`</b>'


def site() -> tuple[dict[str, list[str]], dict[str, dict[str, Any]]]:
    """The example that `init` copies, as variables: every host with those of its groups."""
    example = ROOT / "inventories" / "example"
    tree = yaml.safe_load((example / "hosts.yml").read_text(encoding="utf-8"))["all"]["children"]
    groups = {name: list((found or {}).get("hosts") or {}) for name, found in tree.items()}
    shared = yaml.safe_load((example / "group_vars" / "all.yml").read_text(encoding="utf-8"))
    variables: dict[str, dict[str, Any]] = {}
    for name, found in tree.items():
        path = example / "group_vars" / f"{name}.yml"
        own = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        for host, values in ((found or {}).get("hosts") or {}).items():
            variables[host] = {**shared, **variables.get(host, {}), **own, **(values or {})}
    return groups, variables


def made(strategy: str = "switch-first", **more: Any) -> book.Book:
    groups, variables = site()
    steps = [
        {"play": "p", "hosts": "all", "ids": ["AWS-01"], "name": "Close RDS", "optional": False},
        {"play": "p", "hosts": "all", "ids": ["AWS-01"], "name": "Check that it is closed", "optional": False},
    ]
    content = {
        "site": "shop",
        "strategy": strategy,
        "legs": [{"name": "emergency", "budget": 900.0, "steps": steps}],
        "groups": groups,
        "variables": variables,
    }
    shared = {**next(iter(variables.values())), **more}
    return book.make(content, shared, ORIGIN, {"RR_HOME": "/srv/a b", "SITE": "/srv/s", "PROJECT": "/srv/p"})


@pytest.mark.parametrize("strategy", ways.WAYS)
def test_nothing_opens_idc_before_rds_is_fenced(strategy: str) -> None:
    steps = order.steps(site_view.view(*site()), strategy)
    keys = [step.key for step in steps]
    assert keys.index("fence") < keys.index("promote") < keys.index("release") < keys.index("names")
    assert [step.key for step in steps if step.no_return] == ["promote"]
    assert len(set(keys)) == len(keys)
    assert keys[0] == "look"
    assert keys[-1] == "prove"


@pytest.mark.parametrize("strategy", ways.WAYS)
def test_the_read_only_of_idc_is_taken_off_for_writers_in_the_promotion_alone(strategy: str) -> None:
    for step in order.steps(site_view.view(*site()), strategy):
        typed = " ".join(code.text for code in step.do)
        assert ("read_only = OFF, PERSIST" in typed) == (step.key == "promote")
        assert "GLOBAL read_only = OFF" not in typed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("strategy", ways.WAYS)
def test_every_step_says_what_it_does_and_how_it_is_undone(strategy: str, language: Language) -> None:
    texts = messages.Texts(language)
    one = made(strategy)
    for step in (*one.steps, one.back, one.without_rds):
        assert texts(f"runbook.step.{step.key}.title")
        assert texts(f"runbook.step.{step.key}.what")
        assert step.key == "look" or texts(f"runbook.step.{step.key}.undo")


def test_no_sentence_is_left_over() -> None:
    kept: dict[str, Any] = {}
    for name in ("runbook", "runbook_steps"):
        kept |= yaml.safe_load((PACKAGE / "messages" / f"{name}.yml").read_text(encoding="utf-8"))
    sources = [
        *(PACKAGE / "runbook").glob("*.py"),
        *(PACKAGE / "templates" / "runbook").glob("*"),
        PACKAGE / "cli" / "runbook.py",
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    said = [key for key in kept if key.startswith(("runbook.say.", "runbook.ui.")) and key not in text]
    assert [key for key in said if not key.startswith("runbook.ui.never_")] == []
    steps = {step.key for way in ways.WAYS for step in (*made(way).steps, made(way).back, made(way).without_rds)}
    assert {key.split(".")[2] for key in kept if key.startswith("runbook.step.")} == steps


@pytest.mark.parametrize("strategy", ways.WAYS)
def test_bash_understands_every_block(strategy: str) -> None:
    text = render.markdown(made(strategy), "en")
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False, timeout=20)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_outside_and_runs_nothing(language: Language) -> None:
    page = render.html(made(site_title={"en": NASTY, "ko": NASTY}), language)
    assert "default-src 'none'" in page
    assert re.findall(r"<(?:script|img|link|iframe|object)\b|url\(|@import|src=", page) == []
    assert NASTY not in page
    assert html.escape("<b>") in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_forms_say_the_same_commands(language: Language) -> None:
    one = made()
    page = html.unescape(re.sub(r"\n?</?span>", "", render.html(one, language)))
    paper = render.markdown(one, language)
    for step in (*one.steps, one.back):
        for code in (*step.do, *step.see, *step.undo):
            assert code.text.replace("\n", "") in page.replace("\n", "")
            assert code.text in paper


def test_only_what_acts_is_named_of_the_plan() -> None:
    text = render.markdown(made(), "en")
    assert "- Close RDS\n" in text
    assert "Check that it is closed" not in text


def test_a_plan_that_nobody_froze_says_so() -> None:
    assert "nobody has signed this plan" in render.markdown(made(), "en")
    assert ORIGIN.digest in render.html(made(), "ko")


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ("plain", "plain"),
        ("", "''"),
        ("$RR_HOME/a b", "\"$RR_HOME\"'/a b'"),
        ("File=$SITE/x", 'File="$SITE"/x'),
        ("$HOME; rm -rf /", "'$HOME; rm -rf /'"),
        ("it's", "'it'\"'\"'s'"),
    ],
)
def test_a_word_is_spelt_so_that_bash_takes_it_as_it_is(value: str, spelt: str) -> None:
    assert words.word(value) == spelt


def test_names_of_the_site_can_not_become_commands() -> None:
    groups, variables = site()
    node = groups["load_balancers"][0]
    variables[node]["lb_backend"] = "shop; $(touch /tmp/pwned) 'x"
    view = site_view.view(groups, variables)
    release = next(step for step in order.steps(view, "switch-first") if step.key == "release")
    done = subprocess.run(
        ["bash", "-c", f"lb() {{ printf '%s' \"$2\"; }}\n{release.do[0].text}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert "$(touch /tmp/pwned)" in done.stdout


def test_a_site_without_an_acl_says_what_to_do_about_a_silent_rds() -> None:
    groups, variables = site()
    for host in groups["databases"]:
        variables[host]["aws_network_acls"] = []
    assert order.without_rds(site_view.view(groups, variables)).do == ()
