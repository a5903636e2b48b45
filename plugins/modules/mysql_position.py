"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_position
short_description: Check that RDS wrote nothing after FINAL
description:
  - Reads the position several times and decodes from the binary log whatever lies beyond FINAL.
  - Only tables mysql.rds_* are tolerated; anything else fails with the tables named.
options:
  final:
    description: "FINAL: gtid, log_file, log_position."
    type: dict
    required: true
  reads:
    description: How often to read the position.
    type: int
    default: 5
  interval:
    description: Seconds between two reads.
    type: float
    default: 0.05
extends_documentation_fragment:
  - failback.aws
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check the position of RDS
  mysql_position:
    aws: "{{ db_aws }}"
    final: "{{ rds_final }}"

- name: Rehearse it
  mysql_position:
    aws: "{{ db_aws }}"
    final: "{{ rds_final }}"
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
