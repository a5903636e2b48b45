"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_promote
short_description: Open IDC for writes, the point of no return
description:
  - Checks the invariants I1 to I5 on both sides at this very moment, and the durability settings; refuses with
      every one that does not hold.
  - Raises AUTO_INCREMENT counters that are below RDS's, opens IDC (persisted), writes as the application and reads
      it back.
options:
  app_login:
    description: "The application's account: user, password_file."
    type: dict
    required: true
  final:
    description: "FINAL: gtid, log_file, log_position; empty only in a rehearsal or with an accepted loss."
    type: dict
    default: {}
  cutover_gtid:
    description: GTID set at the cut-over.
    type: str
    required: true
  required_proofs:
    description: Proofs of the fence that must hold, such as read_only.
    type: list
    elements: str
    default: []
  marker:
    description: Table ([schema.]table) and column that take a marker row; without it an update that changes nothing is
      rolled back.
    type: dict
    default: {}
  auto_increment_margin:
    description: Added to RDS's next id.
    type: int
    default: 0
  set_aside:
    description:
      - Directory of the quarantine that holds what RDS wrote since the cut-over (strategy stop-first); empty where it
        was salvaged instead. Its files are verified again, and only what they hold may be missing on IDC.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.schemas
  - failback.exempt_users
  - failback.accept_loss
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Open IDC
  mysql_promote:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    app_login: "{{ db_app_login }}"
    final: "{{ rds_final }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    exempt_users: "{{ db_exempt_users }}"

- name: Rehearse it
  mysql_promote:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    app_login: "{{ db_app_login }}"
    final: "{{ rds_final }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    exempt_users: "{{ db_exempt_users }}"
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
