"""Every finding and refusal that people read has its Korean sentence: the code is read, nobody keeps a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from spoken_in_code import Module, Sink

from rollback_runner import korean, our_yaml
from rollback_runner.content import PACKAGE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LIBRARY = ROOT / "plugins" / "module_utils" / "failback"
ACTIONS = ROOT / "plugins" / "action"
PAIRS = [row for path in sorted((PACKAGE / "korean").glob("*.yml")) for row in our_yaml.read(path)]

# Where a finding has what people read: the sentence, and what clears it.
FINDING = {"Finding": Sink((2, 3), ("sentence", "text", "next_step"))}
ERRORS = {
    name: Sink((0,))
    for name in ("DamagedError", "FailbackError", "LockedError", "RefusedError", "UnreachableError", "AmbiguousError")
}
# What becomes a part of a finding on its way: each judge of a backup has its own words for one.
BACKUP = (
    FINDING
    | ERRORS
    | {
        "Fault": Sink((1, 2), ("sentence", "next_step")),
        "Chain": Sink(names=("problem", "next_step")),
        "replace": Sink(names=("problem", "next_step")),
        "Look": Sink((3, 4), ("problem", "next_step")),
        "fatal": Sink((1, 2)),
        "warn": Sink((1, 2)),
        "_once": Sink((3,)),
    }
)
APPROVAL = FINDING | ERRORS | {"_unsafe": Sink((1, 2)), "_unusable": Sink((1,)), "ConfigError": Sink((0,))}
# What a step says where it does not begin, does not go on, or waits.
OUTCOME = {
    **{name: Sink((0,)) for name in ("FailbackError", "RefusedError", "UnreachableError")},
    "Outcome": Sink(names=("waiting", "msg")),
}
SITUATION = {"Said": Sink((4,), ("next_step",))}
# What ends a command, or a step before it began.
COMMAND_ERRORS = {
    name: Sink((0,), ("next_step",))
    for name in [
        *("RunnerError", "UsageError", "SiteError", "RefusedError", "LockedError", "RecordError"),
        *("InterruptedRunError", "ConfigError", "FailbackError", "UnreachableError", "ClickException", "BadParameter"),
    ]
}
LOOKS = {"Finding": Sink((0, 2), ("what", "said")), "ValueError": Sink((0,)), "FailbackError": Sink((0,))}


def below(folder: Path, *names: str) -> list[Path]:
    return [path for name in names for path in sorted(folder.glob(name))]


RESTORE = LIBRARY / "restore"
PLACES = ("recognise", "decrypted_reader", "encrypted", "source", "source_reader", "source_s3", "source_ssh")
TEXTS = ("sql_text_table", "ddl", "ddl_tokens")
BACKUP_FILES = [
    *below(
        LIBRARY / "backup", *(f"{name}.py" for name in ("chain", "judge", "look", "model", "shelf", "sizes", "survey"))
    ),
    *below(RESTORE, "verify*.py", "formats/*.py", *(f"{name}.py" for name in (*PLACES, *TEXTS))),
    LIBRARY / "binlog" / "archive.py",
    ACTIONS / "backup_check.py",
]
APPROVAL_NAMES = ("canonical", "guard", "look", "plan_file", "record", "signers", "signing", "statement")
APPROVAL_FILES = [
    *below(LIBRARY / "approval", *(f"{name}.py" for name in APPROVAL_NAMES)),
    LIBRARY / "people" / "decision.py",
    LIBRARY / "people" / "words.py",
    ACTIONS / "approval_check.py",
]
REASONS = [LIBRARY / f"{name}.py" for name in ("mysql", "aws", "gtid", "ssh_words", "remote")]
# What makes findings beside backups; a deployment's statements and the doctor's have findings of their own kind.
OTHERS = [
    path
    for path in (*below(ACTIONS, "*.py"), *below(LIBRARY, "**/*.py"))
    if path not in BACKUP_FILES and "statements" not in path.parts and path.name != "gate.py"
]
READ = [
    (OTHERS, FINDING),
    (below(ACTIONS, "*.py"), OUTCOME),
    ([LIBRARY / "idc_data.py", ACTIONS / "idc_state.py"], {"IdcData": Sink(names=("why",)), "silent": Sink((0,))}),
    ([LIBRARY / "gate.py"], {"Finding": Sink((1,))}),
    (BACKUP_FILES, BACKUP),
    (APPROVAL_FILES, APPROVAL),
    (REASONS, ERRORS),
    (below(LIBRARY / "situation", "*.py"), SITUATION),
    ([LIBRARY / "environment" / "limits.py"], {"append": Sink((0,))}),
    ([LIBRARY / "fitness" / "room_facts.py"], {"Logs": Sink(names=("note",))}),
    ([LIBRARY / "residue" / "rows.py"], {"Row": Sink((5,))}),
    (below(PACKAGE, "**/*.py"), COMMAND_ERRORS),
    (below(LIBRARY, "**/*.py"), ERRORS | {"ConfigError": Sink((0,))}),
    ([*below(PACKAGE / "site" / "doctor", "*.py"), PACKAGE / "site" / "applications.py"], LOOKS),
    ([LIBRARY / "journal.py"], {"append": Sink((0,))}),
]
# Functions that return or yield what others put into findings.
MAKERS = {
    LIBRARY / "situation" / "inspection.py": ("_serving", "_databases", "_parts"),
    LIBRARY / "ssh_words.py": ("sentence",),
    LIBRARY / "kept_way.py": ("reason",),
    LIBRARY / "people" / "decision.py": ("refusal",),
    LIBRARY / "restore" / "formats" / "mysqldump.py": ("broken",),
    LIBRARY / "lock.py": ("describe",),
    PACKAGE / "site" / "site.py": ("judge", "_sentences", "_different", "_same_server", "_article"),
    PACKAGE / "site" / "named.py": ("strangers", "_hosts", "_containers", "_people", "_no_channel", "_no_person"),
    PACKAGE / "site" / "parts.py": ("nowhere",),
    PACKAGE / "site" / "gate.py": ("secret_problems",),
    PACKAGE / "site" / "doctor" / "__init__.py": ("_checks", "_said"),
    PACKAGE / "site" / "doctor" / "aws.py": ("instance",),
    PACKAGE / "site" / "doctor" / "hosts.py": ("balancer",),
    PACKAGE / "site" / "doctor" / "mysql.py": ("login",),
    PACKAGE / "site" / "doctor" / "names.py": ("key", "zone"),
    PACKAGE / "site" / "doctor" / "store.py": ("checks", "_probe"),
    PACKAGE / "site" / "applications.py": ("checks", "_provider", "_domain", "_repository", "_database"),
    PACKAGE / "watching" / "levels.py": ("sentence",),
    PACKAGE / "watching" / "agreement.py": ("wrong",),
}
# Nothing but facts and a word between them. A pair that fits these fits too much: their states have pairs of their own.
GENERAL = {
    *("fact on fact is fact", "fact is fact: fact", "will not fact: ", "fact, Python fact", "fact of fact", "site"),
    "fact: group fact: fact: fact.",
}
# What is typed as it stands is the same in every language.
COMMAND = re.compile(
    r"(on \S+: )?(GRANT|SET|ansible-inventory|apt-get|cd|chmod|docker|mkdir|pip|rollback-runner|setfacl|sysctl|usermod"
    r"|approve|lesson|--\S+)( [^,;()]*)?|df -h[^,;()]*(; ls -l \S+)?"
)

# English words in a row, other than facts, which a pair that fits too much leaves as they are; what is typed may stay.
PROSE = re.compile(r"(?:\b(?!fact\b)[a-z]{2,}[ ,]+){2,}(?!fact\b)[a-z]{2,}\b")
TYPED = re.compile(
    r"""`[^`]*`|"[^"]*"|--\S+|rollback-runner [a-z -]+|binlog retention hours|systemctl start \w+|apt-get install \S+"""
)


def read() -> Iterator[tuple[str, str]]:
    for files, sinks in READ:
        for path in files:
            yield from ((path.name, text) for text in Module(path, sinks).read())
    for path, functions in MAKERS.items():
        module = Module(path, {})
        module.read()
        texts = [text for name in functions for text in module.returned(name)]
        yield from ((path.name, text) for text in texts if " " in text.strip())  # what is one word is a key


def said(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Leave out what no pair is for."""
    return {
        text: f"{name}: {text[:70]}"
        for name, text in found
        if text not in GENERAL and not COMMAND.fullmatch(re.sub(r'"[^"]*"|fact, fact', "fact", text))
    }


SAID = said(read())


def test_the_code_is_read() -> None:
    assert len(SAID) > 500


@pytest.mark.parametrize("text", SAID, ids=SAID.values())
def test_every_sentence_has_its_korean(text: str) -> None:
    assert korean.fits(text), f"rollback_runner/korean/*.yml has no pair for: {text}"
    assert re.search(r"[가-힣]", korean.said(text, "ko")), korean.said(text, "ko")
    assert korean.said(text, "en") == text


@pytest.mark.parametrize("text", SAID, ids=SAID.values())
def test_no_english_is_left_in_it(text: str) -> None:
    spoken = korean.said(text, "ko")
    assert not PROSE.search(TYPED.sub("", spoken)), spoken


@pytest.mark.parametrize("row", PAIRS, ids=[row["en"][:60] for row in PAIRS])
def test_a_pair_has_the_same_facts_on_both_sides(row: dict[str, str]) -> None:
    names = re.compile(r"\{([a-z]+)\}")
    english, korean = names.findall(row["en"]), names.findall(row["ko"])
    assert sorted(english) == sorted(korean)
    assert len(set(english)) == len(english)


@pytest.mark.parametrize("row", PAIRS, ids=[row["en"][:60] for row in PAIRS])
def test_no_other_pair_takes_its_sentence(row: dict[str, str]) -> None:
    facts = {name: f"fact-{name}" for name in re.findall(r"\{([a-z]+)\}", row["en"])}
    told = korean.said(row["en"].format(**facts), "ko")
    assert told == korean.particles.fitted(row["ko"].format(**facts))


@pytest.mark.parametrize("state", ["created", "dead", "exited", "paused", "removing", "restarting"])
def test_every_state_of_a_container_has_its_korean(state: str) -> None:
    assert korean.said(f"shop on web1 is {state}", "ko").startswith("web1의 컨테이너 shop이(가)")
