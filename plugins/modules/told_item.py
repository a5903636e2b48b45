"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: told_item
short_description: Judge whether people were told
description:
  - The runs' journals say what was to be told and when it happened; the messages say whether a channel took it, when,
    and who answered. A message that no channel took counts as not told.
  - Where a person has to tell somebody, the result names the command.
options:
  item:
    description: "COMM-01 to COMM-05 or EXT-01 to EXT-05."
    type: str
    required: true
  site:
    description: The C(site_*) variables, and C(databases), the names of the databases.
    type: dict
    required: true
  lag:
    description: Seconds after an event within which a channel should have taken the message about it.
    type: float
    default: 60
  option:
    description: What stands after C(-i) in the commands that are told; empty for the default site.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: COMM-02 | Check that each main step was shared as it happened
  told_item:
    item: COMM-02
    site: "{{ telling_site }}"
"""

RETURN = r"""
evidence:
  description: "What was to be told, when it happened, when a channel took it, and the lag in seconds."
  returned: always
  type: dict
findings:
  description: What was told late or to nobody, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
waiting:
  description: Who must be told by a person, and the command.
  returned: while nobody has
  type: str
"""
