"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_switch
short_description: Move production to another deployment
description:
  - Never a rebuild, and never back by itself. Nothing to do where the target serves already.
  - It succeeded when the request that ended is ours, told by its deployment, kind and moment, and the target is live.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  target:
    description: The evidence of DEPLOY-02, as deployment_target returned it.
    type: dict
    required: true
  reason:
    description: Why, in a person's words; the provider keeps it where it can.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-04 | Move production to the chosen deployment
  deployment_switch:
    target: "{{ __deployment_target.evidence }}"
    reason: Orders fail since the last release

- name: Rehearse it
  deployment_switch:
    target: "{{ __deployment_target.evidence }}"
  check_mode: true

- name: Go forward again, with a target that was chosen with kind promote
  deployment_switch:
    target: "{{ __deployment_target.evidence }}"
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
  description: from, to, kind, request (to, kind, requested, ended, by), seconds, and live as it was seen at the end.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
