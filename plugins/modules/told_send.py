"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: told_send
short_description: Tell the audiences what is proven at the end
description:
  - Writes the texts of these events from what stands in the record, per audience and language, and puts them for the
    messenger. What is not proven is not written; an event that nothing proves makes no message.
  - A message is put once an incident. Run again it says nothing twice; a changed state is told.
  - Waits a while until channels have taken the messages, and never longer.
options:
  events:
    description: "What is told: closing, service_level, next_steps, brief."
    type: list
    elements: str
    required: true
  site:
    description: The C(site_*) variables, and C(databases), the names of the databases.
    type: dict
    required: true
  wait:
    description: Seconds to wait until channels have taken the messages.
    type: float
    default: 60
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: COMM-04 | Tell every audience the end and the present state
  told_send:
    events: [closing]
    site: "{{ telling_site }}"
"""

RETURN = r"""
evidence:
  description: "Each message: key, subject, and when a channel took it."
  returned: always
  type: dict
"""
