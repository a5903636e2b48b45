"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: access_aws
short_description: Find out what the AWS credentials may do, without doing it
description:
  - Asks IAM by SimulatePrincipalPolicy for each action on each resource of the site. Where that is not allowed,
    EC2 is asked for dry runs, what only reads is read, and what remains is told as not known.
  - Which credentials and which resources follows from the inventory of the task's host.
options:
  part:
    description: V(fence) is the parameter group, the network rules and the backups; V(names) is Route 53.
    type: str
    choices: [fence, names]
    required: true
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Look at the credentials that close RDS
  access_aws:
    part: fence

- name: Rehearse it, which does the same
  access_aws:
    part: names
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty; nothing is changed.
  returned: always
  type: raw
after:
  description: Whether nothing is missing.
  returned: always
  type: dict
evidence:
  description: "caller, how it was found out, actions with true, false or null, and least_policy, the policy that
    would do."
  returned: always
  type: dict
findings:
  description: "What is missing: severity, key, sentence, and the very command, grant or policy line that clears it."
  returned: when something is missing
  type: list
  elements: dict
"""
