"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_pushes
short_description: Say whether the next push undoes the rollback
description:
  - After a rollback, new pushes must not serve production until somebody says so. The command that ends it is named.
  - The application is the host the task runs for. Its variables C(deployment_*) and those of its provider are read.
options:
  kind:
    description: What was done; after a promotion pushes may serve again.
    type: str
    choices: [rollback, promote]
    default: rollback
  site_path:
    description: What stands after -i in the command that is named.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DEPLOY-12 | Check that new pushes do not undo the rollback
  deployment_pushes:

- name: Look after a promotion
  deployment_pushes:
    kind: promote

- name: Rehearse it
  deployment_pushes:
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
  description: auto_assign as the provider says it, pinned, live, and undo, the command that ends it.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
