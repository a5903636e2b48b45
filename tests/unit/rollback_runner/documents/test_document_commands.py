"""The commands archive, document and lesson: what they say, what they refuse, and that they overwrite nothing."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from failback import incident as incidents
from failback import journal, lock, whole

from rollback_runner.cli import root
from rollback_runner.errors import Exit, RunnerError
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path


class Shell:
    """The command on a home of its own, with an open incident of the lab's site and one run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.incident = incidents.begin(home, "lab")
        run = store.create(home, "20260301T040506Z-lab-prepare", ())
        journal.append(run.journal, "begin", site="lab", options={"incident": str(self.incident)}, legs=["prepare"])

    def run(self, *words: str) -> tuple[int, str]:
        """Run it; return the exit code and what it said."""
        done = CliRunner().invoke(root, [*words], standalone_mode=False)
        if isinstance(done.exception, RunnerError):
            return int(done.exception.code), done.exception.what
        assert done.exception is None, done.output
        return int(done.return_value or 0), done.output


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    people = tmp_path / ".lab" / "people"
    people.mkdir(parents=True, mode=0o700)
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(people / "jung")]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    public = " ".join((people / "jung.pub").read_text().split()[:2])
    (people / "allowed_signers").write_text(f"jung {public}\n")
    return Shell(tmp_path)


def test_a_lesson_from_the_first_word_to_the_last(shell: Shell) -> None:
    text = "Ask sooner"
    for words, says in (
        ((text,), "--as is missing"),
        ((text, "--as", "kim"), "--owner is missing"),
        ((text, "--as", "kim", "--owner", "lee"), "--due is missing"),
        ((text, "--as", "kim", "--owner", "bob", "--due", "now+1d"), "site_people has no 'bob'"),
        ((text, "--as", "kim", "--owner", "lee", "--due", "2020-01-01"), "is over"),
        (("", "--as", "kim", "--owner", "lee", "--due", "now+1d"), "The lesson itself is missing"),
        ((text, "--kind", "proces", "--as", "kim", "--owner", "lee", "--due", "now+1d"), "did you mean process?"),
        (("--proposal", "99", "--as", "kim", "--owner", "lee", "--due", "now+1d"), "there is no number 99"),
    ):
        code, said = shell.run("lesson", "add", *words)
        assert (code, says in said) == (2, True), said
    said = shell.run("lesson", "add", text, "--as", "Minjun Kim", "--owner", "lee", "--due", "now+1d", "--lang", "ko")[
        1
    ]
    assert said.startswith("L1 등록: Ask sooner (이서연, 기한 ")
    assert shell.run("lesson", "move", "L1", "--as", "kim", "--owner", "park", "--lang", "en")[1].startswith("L1 Ask")
    shell.run("lesson", "done", "L1", "--as", "park", "--outcome", "asked")
    listed = json.loads(shell.run("lesson", "list", "--json")[1])["lessons"]
    assert [(one["id"], one["owner"], one["outcome"]) for one in listed] == [("L1", "park", "asked")]


def test_a_proposal_is_taken_up_once(shell: Shell) -> None:
    before = json.loads(shell.run("lesson", "list", "--json")[1])["proposals"]
    assert before
    shell.run("lesson", "add", "--proposal", "1", "--as", "kim", "--owner", "lee", "--due", "now+1d")
    after = json.loads(shell.run("lesson", "list", "--json")[1])
    assert after["proposals"] == before[1:]
    assert after["lessons"][0]["rests_on"].startswith(before[0]["key"])


def test_a_document_is_shown_written_and_never_written_over(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("document", "re-migration", "--lang", "ko")[1].startswith("# 재이관 계획(초안)")
    out = tmp_path / "mine.md"
    assert shell.run("document", "--out", str(out))[0] == 0
    kept = out.read_text()
    assert shell.run("document", "--out", str(out))[0] == 2
    assert out.read_text() == kept
    shell.run("document", "--keep")
    assert "nothing new on record" in shell.run("document", "--keep", "--lang", "en")[1]


@pytest.mark.parametrize("written", [False, True])
def test_killed_while_a_draft_is_kept_it_is_still_nobodys(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    shell.run("document", "--keep")
    journal.append(shell.incident / "people.jsonl", "confirm", item="SIT-01", by="lee", note="too slow", details={})
    real = whole.write

    def cut(path: Path, content: bytes) -> None:
        if path.suffix != ".md" or written:
            real(path, content)
        if path.suffix == ".md":
            raise KeyboardInterrupt

    monkeypatch.setattr(whole, "write", cut)
    with pytest.raises((KeyboardInterrupt, click.Abort, AssertionError)):
        shell.run("document", "--keep")
    monkeypatch.setattr(whole, "write", real)
    shell.run("document", "--keep")
    assert sorted(path.name for path in (shell.incident / "documents").glob("*.md")) == [
        "post-mortem.en.md",
        "post-mortem.ko.md",
    ]


def test_what_a_person_wrote_into_a_draft_beside_another_stays_too(shell: Shell) -> None:
    folder = shell.incident / "documents"
    shell.run("document", "--keep")
    for number, name in enumerate(("post-mortem.en.md", "post-mortem.en.new.md", "post-mortem.en.new2.md")):
        (folder / name).write_text(f"{name}: mine\n", encoding="utf-8")
        note = {"by": "lee", "note": f"{number}", "details": {}}
        journal.append(shell.incident / "people.jsonl", "confirm", item="SIT-01", **note)
        shell.run("document", "--keep")
    assert [(folder / name).read_text(encoding="utf-8").endswith(": mine\n") for name in (
        "post-mortem.en.md", "post-mortem.en.new.md", "post-mortem.en.new2.md", "post-mortem.en.new3.md",
    )] == [True, True, True, False]  # fmt: skip


def test_an_archive_is_made_and_proven_and_one_byte_is_found(shell: Shell) -> None:
    code, said = shell.run("archive", "make", "--json")
    assert code == Exit.PROVEN
    made = json.loads(said)
    path = shell.home / "archives" / "lab" / made["file"]
    good = shell.run("archive", "verify", str(path), "--sha256", made["sha256"], "--lang", "en")
    assert (good[0], good[1].startswith("PROVEN")) == (Exit.PROVEN, True)
    assert str(path) in shell.run("archive", "list")[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    for language, says in (("en", "NOT PROVEN"), ("ko", "검증 실패")):
        code, said = shell.run("archive", "verify", str(path), "--lang", language)
        assert (code, said.startswith(says)) == (Exit.FAILED, True)
    assert shell.run("archive", "verify", str(path) + "x")[0] == Exit.USAGE


def test_while_a_run_goes_on_nothing_is_sealed_unless_asked(shell: Shell) -> None:
    lock.acquire(store.lock_path(shell.home, "lab"), site="lab", reason="full", run="20260301T040506Z-lab-prepare")
    code, said = shell.run("archive", "make")
    assert (code, "A run is going on" in said) == (Exit.LOCKED, True)
    made = json.loads(shell.run("archive", "make", "--while-running", "--json")[1])
    assert made["going_on"] == ["20260301T040506Z-lab-prepare"]


def test_every_problem_has_its_words_in_both_languages() -> None:
    from typing import get_args  # noqa: PLC0415 - only here

    from rollback_runner.archive import reading  # noqa: PLC0415 - only here
    from rollback_runner.messages import Texts  # noqa: PLC0415 - only here

    for kind in get_args(reading.Kind):
        for language in ("en", "ko"):
            assert Texts(language)(reading.Problem(kind, "W", "Y").key, what="W", why="Y")
