"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_strategy
short_description: Choose how an application's database goes back with its code
description:
  - From what M(deployment_migrations) found it chooses one of the strategies V(nothing), V(compatible) (code alone),
    V(reversal), V(restore), V(forward) (nothing is rolled back, the release is corrected) and V(refuse) (what was done
    to the database is not known, so a person decides).
  - The rule takes the cheapest way that is open. It never takes a backup by itself.
  - A reversal is the hand-written way back that lies beside the migration, or in the site's own directory. It is used
    only with a review of its very bytes, and once it was rehearsed on a copy of this very schema in a scratch server.
    What was rehearsed is kept, so the same is not rehearsed twice.
  - Every way is told with what it would lose, counted where that is quick.
  - A reversal that was cut off is found by its note in the database, and goes on.
  - Variables of the application are read from the host (V(deployment_source), V(deployment_migrations),
    V(deployment_database), V(deployment_scratch), V(deployment_backups)).
options:
  gate:
    description: Evidence of M(deployment_migrations).
    type: dict
    required: true
  asked:
    description:
      - The strategy a person asks for. Empty or V(rule), the rule chooses. What is not open is refused, not replaced.
    type: str
    default: ""
  rehearsals:
    description: Directory that keeps rehearsals. Empty, C(proofs/SITE/reversals) in the project's home.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Choose by the rule
  deployment_strategy:
    gate: "{{ gate.evidence }}"
  register: choice

- name: Choose what a person asked for
  deployment_strategy:
    gate: "{{ gate.evidence }}"
    asked: restore

- name: Rehearse the choice
  deployment_strategy:
    gate: "{{ gate.evidence }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty.
  returned: always
  type: raw
after:
  description: The strategy.
  returned: success
  type: str
evidence:
  description: >-
    The choice: strategy, by (rule or person), why, next_step, options (each with what it loses), undo (migrations that
    are taken back, the newest first), reversals with their statements, backup, changes_data, rolls_back, stable (what
    goes into the plan's digest), rehearsal, under_way.
  returned: success
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
