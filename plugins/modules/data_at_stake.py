"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: data_at_stake
short_description: Measure what RDS has that IDC has not, and whether it can be saved
description:
  - Counts the transactions and rows in RDS's binary logs since the cut-over, compares both GTID histories, and judges
    which way through saves all of it.
  - Never fails on what it finds. An unreachable server, purged logs or transactions that only IDC has are findings.
  - With an incident open, what was measured is kept as its fact C(stake).
options:
  cutover_gtid:
    description: GTID set of IDC at the cut-over.
    type: str
    required: true
  tables:
    description: "What rows of a table are called, as schema.table: {en, ko, one, counter}. O(tables.one) is the English
      word for one, O(tables.counter) the Korean counter."
    type: dict
    default: {}
  deadline:
    description: Seconds that reading the binary logs may take. The rest is extrapolated from its bytes.
    type: float
    default: 120.0
  strategy:
    description: The way that is gone. Under C(stop-first) nothing replicates, so what stops replication is a warning;
      for any other, and for C(""), it is a blocker.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.schemas
  - failback.accept_loss
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: SIT-04 | Read what RDS has that IDC has not, and whether it can be saved
  data_at_stake:
    aws: "{{ db_aws }}"
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    tables:
      shop.orders: {en: orders, ko: 주문}
      shop.members: {en: people, one: person, ko: 회원, counter: 명}
  register: stake_measured

- name: SIT-04 | Read it within half a minute
  data_at_stake:
    aws: "{{ db_aws }}"
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    deadline: 30

- name: SIT-04 | Read it in a rehearsal, where no fact is kept
  data_at_stake:
    aws: "{{ db_aws }}"
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Nothing; see evidence.
  returned: always
  type: raw
after:
  description: Nothing; see evidence.
  returned: always
  type: raw
evidence:
  description: "What was measured: sentence, lines, verdict, ways, idc, rds, gtid, counted, tables, ddl. Sentences
    stand in English and Korean, times in UTC."
  returned: always
  type: dict
findings:
  description: What a person must know, each with severity, key, sentence and next_step.
  returned: always
  type: list
  elements: dict
refused:
  description: Whether a gate said no, rather than something breaking; here only for unusable arguments.
  returned: on failure
  type: bool
"""
