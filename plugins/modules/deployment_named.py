"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_named
short_description: Name what does not go back with the code
description:
  - Environment variables, cron jobs, domains, caches, configuration. Each is a note with its next step.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  target:
    description: The evidence of DEPLOY-02, as deployment_target returned it.
    type: dict
    required: true
  before:
    description: Nothing has moved yet. What is named belongs to the plan then, and no findings are told.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-11 | Read what does not go back with the code
  deployment_named:
    target: "{{ __deployment_target.evidence }}"

- name: Rehearse it
  deployment_named:
    target: "{{ __deployment_target.evidence }}"
  check_mode: true

- name: Read before anything moves what would stay as it is
  deployment_named:
    target: "{{ __deployment_target.evidence }}"
    before: true
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
  description: named, a list of kind, name, told and next_step, the last two in Korean too (told_ko, next_step_ko).
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
