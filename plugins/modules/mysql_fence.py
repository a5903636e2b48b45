"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_fence
short_description: Close RDS to every writer and prove it, or open it again
description:
  - Locks every account that is not exempt (with a mark in its user attribute), disables events, drains and
    kills sessions, and proves that nothing moves any more. The position then is FINAL.
  - Opening is refused once IDC is, or was since the cut-over, open for writes; it unlocks only what carries
    the mark.
  - Safe to repeat and to interrupt anywhere.
options:
  state:
    description: V(verified) only looks, and fails when anything is open.
    type: str
    default: fenced
    choices: [fenced, verified, open]
  idc:
    description: "IDC MySQL: host, port, user, password_file, ca_file, server_uuid."
    type: dict
  app_login:
    description: The application's own account, for the write that must be refused. Needed to fence.
    type: dict
  required_proofs:
    description: Proofs without which the task fails. V(events_off) and V(write_refused) always are.
    type: list
    elements: str
    default: []
  drain_timeout:
    description: Seconds that open transactions get to end by themselves.
    type: float
    default: 1.0
  settle_reads:
    description: How many equal reads make a frozen position.
    type: int
    default: 5
  settle_interval:
    description: Seconds between two of them.
    type: float
    default: 0.05
  settle_timeout:
    description: Seconds a rollback of killed transactions may take.
    type: float
    default: 60.0
  cutover_gtid:
    description: The GTID set at the cut-over. Needed to open.
    type: str
    default: ""
  accept_loss:
    description: Why a loss is accepted; a silent RDS is then told in the evidence and must be cut off by the network.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.aws
  - failback.exempt_users
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Close RDS
  mysql_fence:
    aws: "{{ db_aws }}"
    app_login: "{{ db_app_login }}"
    exempt_users: "{{ db_exempt_users }}"
    required_proofs: [accounts_locked, no_sessions, no_transactions, position_frozen]

- name: Open it again
  mysql_fence:
    state: open
    aws: "{{ db_aws }}"
    idc: "{{ db_idc }}"
    exempt_users: "{{ db_exempt_users }}"
    cutover_gtid: "{{ db_cutover_gtid }}"

- name: Rehearse it
  mysql_fence:
    aws: "{{ db_aws }}"
    app_login: "{{ db_app_login }}"
    exempt_users: "{{ db_exempt_users }}"
    required_proofs: [accounts_locked, no_sessions, no_transactions, position_frozen]
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
