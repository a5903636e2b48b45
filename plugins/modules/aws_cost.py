"""Documentation of aws_cost. The work is done in plugins/action/aws_cost.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_cost
short_description: Say what is left on AWS costs, against the budget
description:
  - Asks nobody; reads what aws_leftovers found. A resource without a known price is a finding and is left out of the
    sum, never counted as nothing.
options:
  leftovers:
    description: The registered result of aws_leftovers.
    type: dict
    required: true
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: FOLLOW-02 | Check that the cost of what is left is known
  aws_cost:
    leftovers: "{{ left }}"

- name: FOLLOW-02 | Check the cost of one database
  aws_cost:
    leftovers: "{{ hostvars['shop-db'].left }}"

- name: FOLLOW-02 | Check the cost in a rehearsal too
  aws_cost:
    leftovers: "{{ left | default({}) }}"
"""

RETURN = r"""
---
before:
  description: What was there before, where there is something to compare with.
  returned: always
  type: raw
after:
  description: What was seen, in a few words.
  returned: always
  type: raw
evidence:
  description: The sums, the budget, and the cost of each resource a day.
  returned: always
  type: dict
"""
