"""Findings in Korean: the facts are kept, particles fit, and what nobody translated is left as it is."""

from __future__ import annotations

import pytest

from rollback_runner import korean
from rollback_runner.korean import particles

CLOCK = "the clock of web1 is 6.5 s (+/- 0.02) behind the machine that runs this; 0.5 s are allowed, and 5 s stop"


@pytest.mark.parametrize(
    ("english", "spoken"),
    [
        ("there is no container shop on web1", "web1에 컨테이너 shop이(가) 없습니다"),
        (
            CLOCK,
            "web1의 시계가 이 명령을 실행하는 장비보다 6.5초(±0.02) 느립니다. 0.5초까지 허용하며 5초가 넘으면 멈춥니다",
        ),
        (
            "IDC was opened by an earlier run: 3 transactions of its own since then",
            "이전 실행에서 IDC를 이미 열었습니다. 그 뒤 IDC 자체의 트랜잭션 3건이 있습니다",
        ),
        ("no one is named as database lead", "데이터베이스 담당자가 지정되지 않았습니다"),
        (
            "EXT-01: the communication lead has not said it yet: rollback-runner confirm EXT-01 --as NAME",
            "EXT-01: 소통 담당자의 답변이 아직 없습니다: rollback-runner confirm EXT-01 --as NAME",
        ),
        (
            "a: group all: site_people.x.contact names fax, which is no channel of site_channels (known are chat).",
            "a: 그룹 all: site_people.x.contact에 적힌 fax은(는) site_channels에 없는 채널입니다 (있는 것: chat).",
        ),
        (
            "d: group databases: db_idc_host names x, which is no host of the group database_hosts (known are a, b).",
            "d: 그룹 databases: db_idc_host에 적힌 x은(는) 그룹 database_hosts의 호스트가 아닙니다(있는 것: a, b).",
        ),
        (
            "a: group all: site_name is S, which does not look like a name of lower case letters, digits and hyphens.",
            "a: 그룹 all: site_name의 값 S은(는) 형식에 맞지 않습니다. 맞는 형식: 소문자, 숫자, 하이픈으로 된 이름.",
        ),
        ("nobody has translated this; really", "nobody has translated this; really"),
        ("", ""),
    ],
)
def test_a_sentence_and_the_sentences_in_it(english: str, spoken: str) -> None:
    assert korean.said(english, "ko") == spoken
    assert korean.said(english, "en") == english


def test_a_gate_that_has_several_reasons_says_each() -> None:
    lacked = "transactions that IDC lacks (a:1-3): they cannot be replicated"
    outside = "aws_keep_sources (192.0.2.10/32, 192.0.2.11/32) does not cover: once the network is closed (AWS-04)"
    network = "RDS answers it no more and the fence stays unproven"
    reasons = [
        "IDC accepts writes while RDS serves: SET GLOBAL super_read_only=1 on it, then check its data",
        f"RDS has already purged 3 {lacked}; restore IDC from a backup of RDS first",
        "RDS is server a (db1), the inventory means b: correct the address or server_uuid",
        f"RDS sees this machine as ::1, which {outside}, {network}; add ::1/128 to aws_keep_sources",
    ]
    for say in (korean.said, korean.told):
        for some in (reasons, reasons[::-1], reasons[1:3]):
            spoken = say(f"{len(some)} reasons not to begin: {' | '.join(some)}", "ko")
            each = [korean.said(one, "ko") for one in some]
            assert spoken == f"시작할 수 없는 이유 {len(some)}가지: {' | '.join(each)}"
            assert not set(each) & set(some)


def test_several_in_one_breath_each_with_what_clears_it() -> None:
    message = f"{CLOCK} (look again in a minute); web2 was booted 3 hours ago; not in the catalogue (x)"
    spoken = korean.told(message, "ko").split("; ")
    assert spoken[0] == f"{korean.said(CLOCK, 'ko')} (1분 뒤에 다시 확인하세요)"
    assert spoken[1] == korean.said("web2 was booted 3 hours ago", "ko") != "web2 was booted 3 hours ago"
    assert spoken[2] == "not in the catalogue (x)"
    assert korean.told(message, "en") == message


BACKUP = "the backup nightly (/backups/nightly): "
SPOKEN = "백업 nightly(/backups/nightly): "
CUT = "is empty (0 bytes): the dump failed, or was cut"
ROOM = "switch-first does not fit on /data of db1: 3.0 GiB are needed (redo log 1.0 GiB, undo logs 2.0 GiB)"
MAKER = "kim made the plan, so {} cannot approve it as an executive"
WILL_NOT = "will not apply archived binary logs: not approved (any more): "
STEP = "put a newer backup in place; what lies between comes from binary logs alone"


@pytest.mark.parametrize(
    ("english", "spoken"),
    [
        (
            f"{BACKUP}a.sql {CUT}; the rows of t could not be counted",
            f"{SPOKEN}a.sql: 비어 있습니다(0바이트). 덤프가 실패했거나 잘렸습니다; t의 행을 셀 수 없었습니다",
        ),
        (
            f"{BACKUP}was taken 2026-01-02, 3.0 days ago; the recovery point objective is 36.0 hours",
            f"{SPOKEN}2026-01-02에 만든 백업으로 3.0일 지났습니다. 복구 시점 목표(RPO)는 36.0시간입니다",
        ),
        (
            f"{WILL_NOT}{MAKER.format('kim')} (someone else signs: rollback-runner approve --role executive)",
            (
                "실행하지 않습니다(보관된 바이너리 로그 적용). 승인이 없거나 더는 유효하지 않습니다:"
                " kim 님이 만든 계획이므로 kim 님은 임원 자격으로 승인할 수 없습니다"
                " (다른 사람이 서명합니다: rollback-runner approve --role executive)"
            ),
        ),
        (MAKER.format("lee"), MAKER.format("lee")),
        (
            f"{ROOM}, 1.0 GiB are free",
            (
                "switch-first 방식은 db1의 /data에 공간이 부족합니다:"
                " 필요 3.0 GiB(redo 로그 1.0 GiB, undo 로그 2.0 GiB), 남음 1.0 GiB"
            ),
        ),
        ("IDC follows nothing and lacks 1 transaction", "IDC는 복제하지 않으며 트랜잭션 1건이 없습니다"),
    ],
)
def test_what_is_built_from_parts(english: str, spoken: str) -> None:
    assert korean.said(english, "ko") == spoken


def test_a_step_with_semicolons_and_brackets_stays_with_its_sentence() -> None:
    message = f"{BACKUP}{CUT} ({STEP}); web2 was booted 3 hours ago"
    assert korean.told(message, "ko") == (
        f"{SPOKEN}비어 있습니다(0바이트). 덤프가 실패했거나 잘렸습니다"
        " (더 새로운 백업을 갖다 놓으세요. 그 사이의 데이터는 바이너리 로그로만 채워집니다)"
        "; web2가 3시간 전에 부팅되었습니다"
    )


def test_brackets_of_a_sentence_are_no_step_and_a_command_is() -> None:
    refused = "from a to b (b:1, for IDC-01): there is no way: a router or firewall says so (No route)"
    spoken = "a에서 b까지(b:1, 필요한 항목 IDC-01): 경로가 없다고 라우터나 방화벽이 응답합니다(No route)"
    assert korean.told(f"db: {refused}; db: {refused} (rollback-runner phase prepare)", "ko") == (
        f"db: {spoken}; db: {spoken} (rollback-runner phase prepare)"
    )


def test_a_sentence_never_swallows_the_one_after_it() -> None:
    message = "there is no container shop on web1; something that nobody translated"
    assert korean.told(message, "ko") == "web1에 컨테이너 shop이(가) 없습니다; something that nobody translated"


@pytest.mark.parametrize(
    ("both", "fitting"),
    [
        ("행이(가)", "행이"),
        ("표이(가)", "표가"),
        ("3을(를)", "3을"),
        ("2을(를)", "2를"),
        ("서울(으)로", "서울로"),
        ("부산(으)로", "부산으로"),
        ("1(으)로", "1로"),
        ("표와(과)", "표와"),
        ("행와(과)", "행과"),
        ("db1)은(는)", "db1)은(는)"),
        ("shop이(가)", "shop이(가)"),
    ],
)
def test_the_particle_fits_the_sound_before_it(both: str, fitting: str) -> None:
    assert particles.fitted(both) == fitting
