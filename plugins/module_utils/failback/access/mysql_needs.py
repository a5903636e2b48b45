"""Every privilege of MySQL that the plugins use, with what for. Pure data.

Found by reading each plugin, and proven by running them through accounts that have these and nothing more
(tests/integration/access/test_least.py). ``SELECT`` on *.* includes mysql.user, performance_schema and the bodies of
routines (MySQL manual, privileges provided by MySQL).
"""

from __future__ import annotations

from failback.access.model import EVERY_WAY, WITH_RESTORE, MysqlPermission, Way, Words

_GLOBAL = "GRANT {privilege} ON *.* TO {account}"
_SCHEMA = "GRANT {privilege} ON {schema}.* TO {account}"


def _rds(  # noqa: PLR0913 - as the fields of a row
    names: tuple[str, ...], items: tuple[str, ...], en: str, ko: str, *, on_schemas: bool = False, foreign: bool = False
) -> MysqlPermission:
    return _need("rds", names, items, Words(en, ko), on_schemas=on_schemas, foreign=foreign)


def _idc(  # noqa: PLR0913 - as _rds
    names: tuple[str, ...],
    items: tuple[str, ...],
    en: str,
    ko: str,
    *,
    on_schemas: bool = False,
    foreign: bool = False,
    ways: tuple[Way, ...] = EVERY_WAY,
) -> MysqlPermission:
    return _need("idc", names, items, Words(en, ko), on_schemas=on_schemas, foreign=foreign, ways=ways)


def _need(  # noqa: PLR0913 - as _rds
    holder: str,
    names: tuple[str, ...],
    items: tuple[str, ...],
    what: Words,
    *,
    on_schemas: bool = False,
    foreign: bool = False,
    ways: tuple[Way, ...] = EVERY_WAY,
) -> MysqlPermission:
    return MysqlPermission(
        key=f"grant:{holder}:{names[0].replace(' ', '_')}",
        holder=holder,  # type: ignore[arg-type]  # the two callers above
        items=items,
        what=what,
        probe="show_grants",
        grant=_SCHEMA if on_schemas else _GLOBAL,
        ways=ways,
        names=names,
        scope="schema" if on_schemas else "*.*",
        when="foreign_definer" if foreign else "",
    )


# SET_USER_ID was both of them before 8.2.
_SPLIT = {"SET_ANY_DEFINER": ("SET_USER_ID", "SUPER"), "ALLOW_NONEXISTENT_DEFINER": ("SET_USER_ID", "SUPER")}
DEFINER = ("SET_ANY_DEFINER", *_SPLIT["SET_ANY_DEFINER"])

RDS = (
    _rds(("SELECT",), ("AWS-01", "IDC-04", "VERIFY-01"), "read accounts and schemas", "계정과 스키마 조회"),
    _rds(("PROCESS",), ("AWS-02",), "see every session and transaction", "모든 세션과 트랜잭션 조회"),
    _rds(("CREATE USER",), ("AWS-01",), "lock accounts", "계정 잠금"),
    _rds(("EVENT",), ("AWS-01",), "disable events", "이벤트 중지"),
    _rds(DEFINER, ("AWS-01",), "disable events of other accounts", "다른 계정의 이벤트 중지", foreign=True),
    _rds(("EXECUTE",), ("AWS-02",), "kill sessions by mysql.rds_kill", "mysql.rds_kill로 세션 종료"),
    _rds(("REPLICATION CLIENT", "SUPER"), ("AWS-03",), "read positions", "바이너리 로그 위치 조회"),
    _rds(("REPLICATION SLAVE",), ("AWS-03", "SIT-04"), "decode the binary log", "바이너리 로그 해석"),
    _rds(("XA_RECOVER_ADMIN", "SUPER"), ("AWS-02",), "see prepared transactions", "PREPARED 상태 트랜잭션 조회"),
    _rds(("SHOW VIEW",), ("VERIFY-01",), "compare views", "뷰 비교", on_schemas=True),
    _rds(("TRIGGER",), ("VERIFY-01",), "compare triggers", "트리거 비교", on_schemas=True),
)

IDC = (
    _idc(("SELECT",), ("IDC-01", "IDC-04", "VERIFY-01", "DATA-06"), "read schemas", "스키마 조회"),
    _idc(("PROCESS",), ("IDC-01", "SWITCH-01"), "see sessions", "세션 조회"),
    _idc(("REPLICATION CLIENT", "SUPER"), ("IDC-01",), "read positions", "바이너리 로그 위치 조회"),
    _idc(
        ("REPLICATION_SLAVE_ADMIN", "SUPER"),
        ("IDC-01", "SWITCH-01"),
        "run the replication channel",
        "복제 채널 구성과 시작",
    ),
    _idc(("RELOAD",), ("IDC-01", "SWITCH-01"), "remove the replication channel", "복제 채널 제거"),
    _idc(("SYSTEM_VARIABLES_ADMIN", "SUPER"), ("SWITCH-01",), "make IDC writable", "IDC를 쓰기 가능으로 전환"),
    _idc(
        ("CONNECTION_ADMIN", "SUPER"),
        ("SWITCH-01",),
        "raise counters while IDC is read-only",
        "읽기 전용 상태에서 AUTO_INCREMENT 값 올리기",
    ),
    _idc(DEFINER, ("SWITCH-01",), "enable events of other accounts", "다른 계정의 이벤트 시작", foreign=True),
    _idc(("ALTER",), ("SWITCH-01",), "raise counters", "AUTO_INCREMENT 값 올리기", on_schemas=True),
    _idc(("EVENT",), ("SWITCH-01",), "enable events", "이벤트 시작", on_schemas=True),
    _idc(("SHOW VIEW",), ("VERIFY-01",), "compare views", "뷰 비교", on_schemas=True),
    _idc(("TRIGGER",), ("VERIFY-01",), "compare triggers", "트리거 비교", on_schemas=True),
)

# What only a restore of IDC uses; an approved quarantine is applied with part of it.
IDC_RESTORE = tuple(
    _idc((name, *_SPLIT.get(name, ())), items, en, ko, ways=WITH_RESTORE)
    for name, items, en, ko in (
        ("CREATE", ("DATA-02",), "make schemas and tables", "스키마와 테이블 생성"),
        ("DROP", ("DATA-02",), "drop what an unfinished restore made", "끝나지 않은 복원의 결과물 삭제"),
        ("ALTER", ("DATA-02", "DATA-04"), "set old tables aside, add indexes", "기존 테이블 보관, 인덱스 추가"),
        ("INSERT", ("DATA-02",), "load rows", "행 적재"),
        ("UPDATE", ("DATA-02",), "note how far a restore came", "복원 진행 상황 기록"),
        ("DELETE", ("DATA-02",), "load a table again from its beginning", "테이블을 처음부터 다시 적재"),
        ("REFERENCES", ("DATA-05",), "add foreign keys", "외래 키 추가"),
        ("CREATE VIEW", ("DATA-04",), "make views", "뷰 생성"),
        ("SHOW VIEW", ("DATA-04",), "keep views that stood in the way", "기존 뷰 보관"),
        ("CREATE ROUTINE", ("DATA-04",), "make routines", "루틴 생성"),
        ("ALTER ROUTINE", ("DATA-04",), "replace routines", "루틴 교체"),
        ("TRIGGER", ("DATA-04",), "make triggers", "트리거 생성"),
        ("EVENT", ("DATA-04",), "make events", "이벤트 생성"),
        ("INNODB_REDO_LOG_ENABLE", ("DATA-02",), "load without the redo log", "리두 로그를 끄고 적재"),
        ("CREATE USER", ("DATA-06",), "put accounts back", "계정 복원"),
        ("GRANT OPTION", ("DATA-06",), "give accounts what they had", "계정에 원래 권한 부여"),
        ("ROLE_ADMIN", ("DATA-06",), "put roles back", "역할 복원"),
        ("SYSTEM_USER", ("DATA-06",), "put administrators back", "관리자 계정 복원"),
        ("SET_ANY_DEFINER", ("DATA-04",), "make programs of other accounts", "다른 계정이 정의한 객체 생성"),
        (
            "ALLOW_NONEXISTENT_DEFINER",
            ("DATA-04", "DATA-06"),
            "make programs before the accounts they belong to, and those accounts after",
            "정의자 계정보다 객체를 먼저 만들고 그 계정을 나중에 생성",
        ),
    )
)

REPLICATION = (
    MysqlPermission(
        key="grant:replication:REPLICATION_SLAVE",
        holder="replication",
        items=("IDC-01",),
        what=Words("fetch what RDS has and IDC has not", "RDS에만 있는 변경을 IDC로 가져오기"),
        probe="show_grants",
        grant=_GLOBAL,
        names=("REPLICATION SLAVE",),
    ),
)

MYSQL: tuple[MysqlPermission, ...] = (*RDS, *IDC, *IDC_RESTORE, *REPLICATION)
