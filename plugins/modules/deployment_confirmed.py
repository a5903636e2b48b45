"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_confirmed
short_description: Check that a person confirmed what would be done now
description:
  - Writes down what would be done now and compares its digest with the one that was confirmed.
  - What is left of a plan that was confirmed and begun passes under its digest; anything else is refused.
  - Refuses what no confirmation can allow, such as a target that cannot serve or a database that only goes forward.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  part:
    description: V(look) only writes the plan down; V(confirm) refuses what nobody confirmed.
    type: str
    choices: [look, confirm]
    default: confirm
  site:
    description: Name of the site.
    type: str
    required: true
  target:
    description: The evidence of DEPLOY-02, as deployment_target returned it.
    type: dict
    required: true
  gate:
    description: The evidence of DEPLOY-06; empty for an application without a database.
    type: dict
    default: {}
  choice:
    description: The evidence of DEPLOY-07; empty for an application without a database.
    type: dict
    default: {}
  digest:
    description: The digest that was confirmed; empty while nobody did.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-03 | Check that this very plan was confirmed
  deployment_confirmed:
    site: "{{ site_name }}"
    target: "{{ __deployment_target.evidence }}"
    digest: "{{ deployment_plan }}"

- name: Read the plan that would be confirmed
  deployment_confirmed:
    part: look
    site: "{{ site_name }}"
    target: "{{ __deployment_target.evidence }}"

- name: Rehearse it
  deployment_confirmed:
    site: "{{ site_name }}"
    target: "{{ __deployment_target.evidence }}"
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
  description: plan (what would be done), digest (of it), confirmed (the digest that was given), by (how it was
    confirmed).
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
