"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: person_item
short_description: Read what people said about an item
description:
  - Answered, waived with a loud warning, or waiting. While it waits, the result names whose word is missing and the
    command that gives it.
  - Words stand in the open incident (people.jsonl). A file that was changed by hand is refused.
  - Outside of an incident nobody has said anything.
options:
  item:
    description: The item's id, such as V(SIT-01).
    type: str
    required: true
  experts:
    description: "Outside experts: name, contact, hours, contract, company."
    type: list
    elements: dict
    default: []
  press:
    description: "The press line: owner and draft (en, ko)."
    type: dict
    default: {}
  site:
    description: What stands after C(-i) in the commands that are told; empty for the default site.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.team
  - failback.ladder
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: SIT-01 | Check that the cause is stated
  person_item:
    item: SIT-01
    people: "{{ site_people }}"
    roles: "{{ site_roles }}"
"""

RETURN = r"""
evidence:
  description: "Who said what, when and with which note; V(waived) where it was waived."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
waiting:
  description: Whose word is missing and the command that gives it.
  returned: while it is missing
  type: str
"""
