"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_salvage
short_description: Bring IDC up to FINAL, then stop following RDS
description:
  - Waits on IDC until it has executed all of FINAL, looking at the applier meanwhile; then stops every channel that
      follows this RDS.
  - Transactions are counted by GTID, rows by the server. What the applier refused is on record in its own words.
  - On an IDC server that is already open nothing is applied; only housekeeping of RDS (mysql.rds_*) may be missing
      there.
options:
  final:
    description: FINAL, the GTID set at which RDS was proven closed; empty only in a rehearsal or with an accepted loss.
    type: str
    default: ""
  cutover_gtid:
    description: GTID set at the cut-over, to count what RDS has got since.
    type: str
    default: ""
  timeout:
    description: Seconds after which it is given up.
    type: float
    default: 15.0
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.accept_loss
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Salvage
  mysql_salvage:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    final: "{{ rds_final.gtid }}"

- name: Rehearse it
  mysql_salvage:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    final: "{{ rds_final.gtid }}"
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
