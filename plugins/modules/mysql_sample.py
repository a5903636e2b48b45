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
attributes:
  check_mode:
    support: full
    description: Reads only, so a rehearsal does the same.
  diff_mode:
    support: N/A
    description: It never changes anything.
  idempotent:
    support: full
    description: A second run finds nothing to do.
options:
  idc:
    description: "IDC MySQL: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
  aws:
    description: RDS, the same keys.
    type: dict
    required: true
  final:
    description: FINAL, the GTID set at which RDS was proven closed; empty only in a rehearsal or with an accepted loss.
    type: str
    default: ""
  schemas:
    description: The application's schemas.
    type: list
    elements: str
    required: true
  tables:
    description: Most large tables to sample, the largest first.
    type: int
    default: 16
  rows:
    description: Rows to compare per table.
    type: int
    default: 500
  accept_loss:
    description: Why the loss of what did not reach IDC is accepted; only looked at when RDS does not answer.
    type: str
    default: ""
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
