"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_sample
short_description: Compare a sample of every table on both sides at FINAL
description:
  - Compares the definitions, then SHA2-256 sums over chunks of rows on both servers at once; the newest rows of
      every table are always among them.
  - Small tables are compared whole. Differences are named by table and key. An error on either side is a failure,
      never equality.
options:
  final:
    description: FINAL, the GTID set at which RDS was proven closed; empty only in a rehearsal or with an accepted loss.
    type: str
    default: ""
  tables:
    description: Most large tables to sample, the largest first.
    type: int
    default: 16
  rows:
    description: Rows to compare per table.
    type: int
    default: 500
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.schemas
  - failback.accept_loss
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Compare a sample
  mysql_sample:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    final: "{{ rds_final.gtid }}"
    schemas: "{{ db_schemas }}"

- name: Rehearse it
  mysql_sample:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    final: "{{ rds_final.gtid }}"
    schemas: "{{ db_schemas }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: What was planned, done and seen, with durations in seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
