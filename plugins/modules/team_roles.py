"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: team_roles
short_description: Check the table of roles, or read the ladder back
description:
  - With V(roles), every needed role has a person and a deputy whom some channel reaches.
  - With V(ladder), every rung reaches somebody by a channel whose canary arrived.
options:
  part:
    description: What is looked at.
    type: str
    choices: [roles, ladder]
    required: true
extends_documentation_fragment:
  - failback.team
  - failback.channels
  - failback.ladder
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: TEAM-02 | Check that every role has a name and a deputy
  team_roles:
    part: roles
    people: "{{ site_people }}"
    roles: "{{ site_roles }}"
    channels: "{{ site_channels }}"
"""

RETURN = r"""
evidence:
  description: "V(roles) with who was assigned in this incident, or V(ladder) as it would be climbed."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
