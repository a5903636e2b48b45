"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: channel_canary
short_description: Send a canary through every channel
description:
  - Sends one message with a random code through each channel, all at once. Where a channel can be read back, the code
    is looked for there.
  - A dead channel is a finding; it stops the phase only when somebody of the team is then reached by no channel. It
    never delays the others.
  - A channel whose canary arrived less than O(valid) seconds ago, by the same URL, is not sent another. URLs never
    appear in a result.
options:
  site_name:
    description: Stands in the message.
    type: str
    required: true
  deadline:
    description: Seconds each channel gets to take the message, and to show it.
    type: float
    default: 10.0
  valid:
    description: Seconds a canary that arrived speaks for its channel.
    type: float
    default: 3600.0
extends_documentation_fragment:
  - failback.team
  - failback.channels
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: TEAM-03 | Send a canary through every channel
  channel_canary:
    channels: "{{ site_channels }}"
    people: "{{ site_people }}"
    roles: "{{ site_roles }}"
    site_name: "{{ site_name }}"
"""

RETURN = r"""
evidence:
  description: "For each channel: code, delivered, arrived (empty where it cannot be read back), seconds, error."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
