"""Whether IDC can run a statement of RDS's. Pure; what is not known here counts as possible, and replication tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.mysql import version_tuple
from failback.stake.ddl import plain_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from failback.stake.words import Text

_FLAGS = re.IGNORECASE | re.DOTALL


@dataclass(frozen=True)
class Ability:
    """What IDC can run."""

    version: str
    engines: frozenset[str] = frozenset()  # lower case; empty: not known
    collations: frozenset[str] = frozenset()


# What came with a release (MySQL release notes and "What Is New"): first release, its names, how it looks.
_FEATURES = (
    ((8, 0, 0), "a role", "역할(ROLE)", r"\b(?:CREATE|DROP)\s+ROLE\b"),
    ((8, 0, 13), "a default that is an expression", "표현식 기본값", r"\bDEFAULT\s*\((?!\s*\))"),
    (
        (8, 0, 13),
        "an index over an expression",
        "표현식 인덱스",
        r"\b(?:KEY|INDEX)\b\s*[\w`$]*\s*(?:ON\s+[\w`$.]+\s*)?\(\s*\(",
    ),
    ((8, 0, 16), "dropping a constraint by name", "제약 조건 이름으로 삭제", r"\bDROP\s+(?:CHECK|CONSTRAINT)\b"),
    ((8, 0, 21), "an engine attribute", "ENGINE_ATTRIBUTE", r"\bENGINE_ATTRIBUTE\b"),
    (
        (8, 0, 23),
        "an invisible column",
        "숨김 열",
        r"\b(?:NULL|\w+|\))\s+INVISIBLE\b(?!\s*INDEX)(?=\s*[,)]|\s*$|\s+\w)",
    ),
    ((8, 0, 23), "AUTOEXTEND_SIZE", "AUTOEXTEND_SIZE", r"\bAUTOEXTEND_SIZE\b"),
    ((8, 0, 31), "INTERSECT or EXCEPT", "INTERSECT 또는 EXCEPT", r"\b(?:INTERSECT|EXCEPT)\b"),
    ((9, 0, 0), "the type VECTOR", "VECTOR 형식", r"[\w`]\s+VECTOR\b\s*(?:\(|,|\)|NOT|NULL|DEFAULT|COMMENT|$)"),
    ((9, 0, 0), "a program in JavaScript", "JavaScript 프로그램", r"\bLANGUAGE\s+JAVASCRIPT\b"),
    ((9, 2, 0), "a library", "라이브러리(LIBRARY)", r"\b(?:CREATE|ALTER|DROP)\s+LIBRARY\b"),
    ((9, 4, 0), "a JSON duality view", "JSON 이중성 뷰", r"\bJSON\s+(?:RELATIONAL\s+)?DUALITY\s+VIEW\b"),
)
_KNOWN = tuple((since, en, ko, re.compile(pattern, _FLAGS)) for since, en, ko, pattern in _FEATURES)
# A column may be called engine or engine_id: only the name of an engine makes the word the option. HEAP, MERGE and NDB
# are other names of engines that the server lists under the second.
_SYNONYMS = {"heap": "memory", "merge": "mrg_myisam", "ndb": "ndbcluster"}
_ENGINES = (
    "InnoDB MyISAM MEMORY HEAP CSV ARCHIVE BLACKHOLE MERGE MRG_MYISAM FEDERATED EXAMPLE NDB NDBCLUSTER ROCKSDB TOKUDB"
)
_ENGINE = re.compile(rf"\bENGINE(?:\s*=\s*|\s+)`?({_ENGINES.replace(' ', '|')})\b", re.IGNORECASE)
_COLLATION = re.compile(r"\bCOLLATE(?:\s*=\s*|\s+)`?([A-Za-z]\w*)", re.IGNORECASE)


def obstacle(text: str, idc: Ability) -> Text:
    """Say what in a statement IDC cannot run; {} when nothing is known against it."""
    plain = plain_text(text)
    release = version_tuple(idc.version)
    for since, en, ko, pattern in _KNOWN:
        if release < since and pattern.search(plain):
            first = ".".join(map(str, since))
            return {"en": f"{en} (since {first})", "ko": f"{ko}, {first}부터 지원"}
    engines = _absent(_ENGINE, plain, idc.engines)
    if engines:
        return {"en": f"the storage engine {engines}", "ko": f"스토리지 엔진 {engines}"}
    collations = _absent(_COLLATION, plain, idc.collations)
    return {"en": f"the collation {collations}", "ko": f"콜레이션 {collations}"} if collations else {}


def _absent(pattern: re.Pattern[str], text: str, known: Collection[str]) -> str:
    wanted = {_SYNONYMS.get(found.lower(), found.lower()) for found in pattern.findall(text)}
    return ", ".join(sorted(wanted - set(known))) if known else ""
