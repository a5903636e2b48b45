"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: journey
short_description: Walk the site's journeys through its front doors
description:
  - Each step is a request and what its answer must be. A rehearsal walks journeys that only look.
options:
  proves:
    description: The item whose journeys are walked.
    type: str
    choices: [VERIFY-02, VERIFY-04, DEPLOY-10]
    required: true
extends_documentation_fragment:
  - failback.doors
  - failback.asking
  - failback.journeys
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Walk the site's journeys through its front doors
  journey:
    directory: "{{ service_journeys }}"
    proves: VERIFY-04
    doors: "{{ service_front_doors }}"

- name: Rehearse it
  journey:
    directory: "{{ service_journeys }}"
    proves: VERIFY-04
    doors: "{{ service_front_doors }}"
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
  description: Every step with its status and seconds, and what was expected and came.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
