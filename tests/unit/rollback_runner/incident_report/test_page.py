"""The page: one file that asks for nothing, in which text of the record is text, whoever wrote it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from failback import journal
from incident_made import EVIL, START, Made, Task

from rollback_runner.record import html, incident_markdown, incident_report, making
from rollback_runner.telling import outbox
from rollback_runner.telling.outbox import Message
from rollback_runner.watching import notes, series
from rollback_runner.watching.series import Breach, Gap, Point

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language

VOID = {"meta", "br", "img", "input", "hr", "link"}


class Read(HTMLParser):
    """Notes every element and whether each is closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def evil(home: Path) -> Made:
    """Make an incident in which everything that can carry text carries an attack."""
    made = Made.begin(home)
    made.say("confirm", "SIT-01", EVIL, EVIL, statement=EVIL)
    made.say("confirm", "SIT-02", "jung", source=EVIL, moment={"utc": "2026-11-22T11:50:00Z"})
    made.say("call", EVIL, "rollback-runner", to=EVIL, delivered=False)
    finding = {"severity": "warning", "key": "x", "sentence": EVIL, "next_step": EVIL}
    made.run(
        "20261122T120000Z-lab-emergency",
        [
            Task(
                "AWS-01 | Check that it is closed",
                2,
                message=EVIL,
                evidence={EVIL: EVIL, "l": [EVIL]},
                findings=[finding],
            ),
            Task(f"AWS-02 | Wait {EVIL}", 4, outcome="failed", message=EVIL, host=EVIL),
        ],
        promoted=True,
        acts=((f"do {EVIL}", f"AWS-02 | Wait {EVIL}", True), (EVIL, "AWS-02 | Wait", False)),
    )
    (made.incident / "figures").mkdir()
    start = START.timestamp()
    series.append(made.incident, [Point(start + n, "cpu_busy", EVIL, 0.5) for n in range(5)])
    notes.write(made.incident, "watch_began", at=start, interval=1.0)
    notes.note_gap(made.incident, Gap(EVIL, "", start, start + 2, EVIL))
    notes.note_breach(made.incident, Breach("cpu_busy", EVIL, start, None, 0.9, 0.8, None, 1), "breach_began")
    outbox.put(made.incident, Message(EVIL, EVIL, EVIL, "en", EVIL, EVIL))
    journal.append(made.incident / "approvals.jsonl", "break_glass", reason=EVIL, by=EVIL, plan=EVIL)
    (made.incident / "facts").mkdir(exist_ok=True)
    words = {"en": EVIL, "ko": EVIL}
    stake = {"measured_at": "2026-11-22T12:00:00Z", "sentence": words, "extent": words, "histories": words,
             "lines": [words], "verdict": {"sentence": words, "lost": [words]}}  # fmt: skip
    (made.incident / "facts" / "stake.shop-db.json").write_text(json.dumps(stake), encoding="utf-8")
    (made.incident / "facts" / "situation.shop.json").write_text(json.dumps({"headline": words}), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, dict[str, Any]]:
    made = evil(tmp_path_factory.mktemp("home"))
    return made, incident_report.build(incident_report.gather(made.home, made.incident))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_text_of_the_record_is_never_markup(hostile: tuple[Made, dict[str, Any]], language: Language) -> None:
    made, report = hostile
    page = html.page(report, series.read(made.incident), language)
    read = Read()
    read.feed(page)
    assert {tag for tag, _attributes in read.tags} & {
        "script",
        "img",
        "iframe",
        "object",
        "link",
        "form",
        "base",
    } == set()
    assert not [name for _tag, attributes in read.tags for name in attributes if name.startswith("on")]
    assert (read.wrong, read.open) == ([], [])
    assert "".join(read.text).count("<script>document.title") > 20


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_asks_for_nothing(hostile: tuple[Made, dict[str, Any]], language: Language) -> None:
    made, report = hostile
    page = html.page(report, series.read(made.incident), language)
    read = Read()
    read.feed(page)
    for _tag, attributes in read.tags:
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(a["content"] for tag, a in read.tags if tag == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_links_within_the_page_lead_somewhere(hostile: tuple[Made, dict[str, Any]]) -> None:
    _made, report = hostile
    read = Read()
    read.feed(html.page(report, series.Series(), "en"))
    known = {attributes.get("id") for _tag, attributes in read.tags}
    wanted = {(a.get("href") or "#")[1:] for tag, a in read.tags if tag == "a"}
    assert {name for name in wanted - known if re.fullmatch(r"[A-Z]+-\d\d|[a-z]+", name)} == set()


def test_ids_are_unique(hostile: tuple[Made, dict[str, Any]]) -> None:
    made, report = hostile
    read = Read()
    read.feed(html.page(report, series.read(made.incident), "en"))
    ids = [attributes["id"] for _tag, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_markdown_carries_no_markup_of_the_record(hostile: tuple[Made, dict[str, Any]], language: Language) -> None:
    _made, report = hostile
    text = incident_markdown.text(report, language)
    assert "<script" not in re.sub(r"\\<", "", text)
    assert "<img" not in re.sub(r"\\<", "", text)
    assert "\\<script\\>" in text


def test_korean_pages_are_korean(hostile: tuple[Made, dict[str, Any]]) -> None:
    _made, report = hostile
    page = html.page(report, series.Series(), "ko")
    assert '<html lang="ko">' in page
    for english in ("What happened", "Is it safe now", "What went wrong", "not run<", "Not done yet"):
        assert english not in page


def test_the_report_is_written_whole_and_for_the_owner_alone(hostile: tuple[Made, dict[str, Any]]) -> None:
    made, _report = hostile
    written = making.make(made.home, made.incident)
    names = {path.name for path in written.directory.iterdir() if path.is_file()}
    assert names == {"report.json", "report.en.html", "report.ko.html", "report.en.md", "report.ko.md"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in written.directory.iterdir() if path.is_file())
    assert incident_report.problems(json.loads((written.directory / "report.json").read_text(encoding="utf-8"))) == []


def test_the_same_facts_are_the_same_edition(tmp_path: Path) -> None:
    made = Made.begin(tmp_path)
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Check", 1)])
    first = making.make(made.home, made.incident)
    assert making.make(made.home, made.incident).edition == first.edition == making.kept(made.incident)
    made.run("20261122T120500Z-lab-emergency", [Task("AWS-01 | Check", 9, outcome="failed", message="no")])
    assert making.make(made.home, made.incident).edition != first.edition


def test_how_long_was_watched_is_told_and_not_what_the_checklist_asks_for(tmp_path: Path) -> None:
    made = Made.begin(tmp_path)
    task = Task("WATCH-01 | Wait until the service was watched long enough", 9, host="shop")
    task.evidence = {"watched_seconds": 20.0, "needed_seconds": 20.0}
    made.run("20261122T120000Z-lab-watch", [task])
    report, files = making.draw(made.home, made.incident)
    told = [line["text"] for line in report["summary"]["safe"] if line["item"] == "WATCH-01"]
    assert told == [{"en": "The service was watched closely for 20 s.", "ko": "20초 동안 집중 모니터링했다."}]
    assert "two hours or more. " not in files["report.en.html"]
