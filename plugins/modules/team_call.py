"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: team_call
short_description: Call the response team
description:
  - Calls each person who has a role, once, through every channel of theirs. The message says how to acknowledge.
  - The deputy is called when the person declined, was reached by no channel, or did not answer within O(deadline).
  - Whether everybody acknowledged is judged by M(person_item).
options:
  site_name:
    description: Stands in the message.
    type: str
    required: true
  site_title:
    description: The name people know the service by, en and ko.
    type: dict
    default: {}
  deadline:
    description: Seconds a person has to acknowledge before the deputy is called.
    type: float
    default: 300.0
  send_deadline:
    description: Seconds a channel has to take a message.
    type: float
    default: 10.0
  within:
    description: Seconds to wait here for answers, calling deputies when it is their turn. 0 goes on at once.
    type: float
    default: 0.0
  site:
    description: What stands after C(-i) in the commands that are told; empty for the default site.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.team
  - failback.channels
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: TEAM-01 | Call the whole response team
  team_call:
    people: "{{ site_people }}"
    roles: "{{ site_roles }}"
    channels: "{{ site_channels }}"
    site_name: "{{ site_name }}"
"""

RETURN = r"""
evidence:
  description: "V(calls): who was called for what, by which channels, when they acknowledged. V(not_covered): roles
    nobody answered for."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
