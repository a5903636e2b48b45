"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_gate
short_description: Refuse to begin a fail-back unless both servers allow it
description:
  - Reads both servers at once and refuses with one sentence for each reason.
  - Judges identity, history (GTIDs since the cut-over), binary logs still there, versions, settings,
    privileges, prepared transactions, events and accounts that no fence could stop.
options:
  app_login:
    description: The application's own account (user, password_file), tried on both sides.
    type: dict
    default: {}
  replication:
    description: "The account IDC replicates with: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    default: {}
  cutover_gtid:
    description: The GTID set at the cut-over.
    type: str
    required: true
  marker:
    description: Table and column of the write right after the promotion (idc_mysql_marker); the application's account
      must be allowed to make it.
    type: dict
    default: {}
  side:
    description: Refuse only for findings about this side; all are in the evidence.
    type: str
    default: both
    choices: [both, rds, idc]
  accept_loss:
    description: Why a loss is accepted; a silent RDS then does not refuse, and IDC is judged alone.
    type: str
    default: ""
  set_aside:
    description: Directory of the quarantine that holds what RDS wrote since the cut-over (strategy stop-first). An IDC
      that is open is then judged by it, and may lack what lies there.
    type: str
    default: ""
  keep_sources:
    description: CIDRs that may still reach RDS behind the closed network (aws_keep_sources), one of which must cover
      the address under which RDS sees this machine; V([]) where no network is closed.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.schemas
  - failback.exempt_users
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check RDS before anything is touched
  mysql_gate:
    aws: "{{ db_aws }}"
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    exempt_users: "{{ db_exempt_users }}"
    keep_sources: "{{ aws_keep_sources }}"
    side: rds

- name: Rehearse it
  mysql_gate:
    aws: "{{ db_aws }}"
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    exempt_users: "{{ db_exempt_users }}"
    side: rds
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
