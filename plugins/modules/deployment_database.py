"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_database
short_description: Carry out the strategy that was chosen for an application's database
description:
  - With V(nothing) and V(compatible) the database stays as it is.
  - With V(reversal) the reviewed statements run one by one, and the row of each migration that is taken back is removed
    from the tool's table. Before the first one the server, the migrations, the reversal's bytes and the schema must be
    what they were in the plan and in the rehearsal.
  - MySQL commits at every DDL statement. So a note in the application's schema counts the steps, and the schema itself
    tells what the note could not any more; a run that was cut off anywhere is run again and goes on there.
  - A statement waits for a lock only briefly, because everybody behind it waits too. Who holds it is named.
  - With V(restore) the backup is verified, then restored by the restore engine. What stands in the way is moved aside
    with its rows, never dropped.
  - Asks for approvals before its first act, as C(site_approvals.deployment) says.
options:
  gate:
    description: Evidence of M(deployment_migrations).
    type: dict
    required: true
  choice:
    description: Evidence of M(deployment_strategy).
    type: dict
    required: true
  lock_timeout:
    description: Seconds one attempt to get a table's lock takes; there are five.
    type: int
    default: 3
  statement_timeout:
    description: Seconds one statement may take. A large table is rebuilt by some.
    type: float
    default: 3600.0
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Carry the strategy out
  deployment_database:
    gate: "{{ gate.evidence }}"
    choice: "{{ choice.evidence }}"

- name: Rehearse it
  deployment_database:
    gate: "{{ gate.evidence }}"
    choice: "{{ choice.evidence }}"
  check_mode: true

- name: Carry it out on very large tables
  deployment_database:
    gate: "{{ gate.evidence }}"
    choice: "{{ choice.evidence }}"
    statement_timeout: 14400
"""

RETURN = r"""
before:
  description: The migrations that the target's code does not know.
  returned: always
  type: raw
after:
  description: What was seen of them afterwards.
  returned: always
  type: raw
evidence:
  description: >-
    The strategy, the server, the steps and their times or the backup and its stages. C(touched), also on failure, says
    whether the database is not what it was any more.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
