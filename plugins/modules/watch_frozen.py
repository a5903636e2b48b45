"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: watch_frozen
short_description: Check that RDS took no write since FINAL and the data does not drift
description:
  - Reads the position of RDS, decodes whatever lies beyond FINAL, asks AWS of an instance that does not answer,
    checks that IDC holds all of FINAL (under stop-first, of the cut-over) and that the invariants hold, and what the
    sampler saw since the promotion.
  - Amazon's housekeeping in its own tables does not count.
options:
  instance:
    description: Name of the RDS instance.
    type: str
    required: true
  strategy:
    description: The way that was gone. Under C(stop-first) IDC has what stood at the cut-over, not all of FINAL.
    type: str
    default: ""
  cutover_gtid:
    description: GTIDs that IDC had at the cut-over.
    type: str
    default: ""
  journeys:
    description: Directory of the site's journeys, whose invariants are asked.
    type: str
    default: ""
  reads:
    description: Reads of the position.
    type: int
    default: 5
  interval:
    description: Seconds between two reads.
    type: float
    default: 0.05
  timeout:
    description: Seconds the invariants have.
    type: float
    default: 60.0
extends_documentation_fragment:
  - failback.aws_login
  - failback.idc
  - failback.aws
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that RDS took no write since FINAL and the data does not drift
  watch_frozen:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    instance: "{{ aws_db_instance }}"
    region: "{{ aws_region }}"

- name: Rehearse it
  watch_frozen:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    instance: "{{ aws_db_instance }}"
    region: "{{ aws_region }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: What was seen first, where there is something to compare.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: FINAL, RDS and what lies beyond it, IDC and its invariants, what the sampler saw.
  returned: always
  type: dict
findings:
  description: What a person must know; blockers fail the item.
  returned: when there are any
  type: list
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
