"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_list
short_description: List an application's deployments
description:
  - Each with its mark, live, previous, candidate, left or the reason why not, and whether its code knows the
    database as it is now.
  - What a provider does not say is V(unknown), and never chosen by the rule.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  limit:
    description: How many deployments are read, the newest first.
    type: int
    default: 50
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-01 | Read the deployments
  deployment_list:

- name: Read more of them
  deployment_list:
    limit: 200

- name: Rehearse it
  deployment_list:
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
  description: application, title, provider, project, live, previous, and deployments, each with mark (id, word,
    why) and knows (state, why).
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
