"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: approval_check
short_description: Check that a role has signed the frozen plan
description:
  - Verifies with C(ssh-keygen) who made the plan and who approved it, against the site's allowed-signers file.
  - An approval counts for one site, one incident and one plan, for a time, by a person of the role who did not make
    the plan, and until somebody takes it back.
  - Whose word is missing is waited for. A forged, edited, reused, expired or revoked one is a blocker, with its reason.
  - Where the site asks for no approvals the task passes with a warning.
options:
  role:
    description: Whose signature is looked for.
    type: str
    required: true
    choices: [technical_lead, operations_manager, executive]
  approvals:
    description: "The variable C(site_approvals): signers_file, roles, required, valid_hours, clock_tolerance."
    type: dict
  site:
    description: Name of the site.
    type: str
    required: true
  critical:
    description: Whether an executive must sign too.
    type: bool
    required: true
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: APPROVE-01 | Check that the technical lead signed this plan
  approval_check:
    role: technical_lead
    approvals: "{{ site_approvals }}"
    site: "{{ site_name }}"
    critical: "{{ site_critical }}"
"""

RETURN = r"""
evidence:
  description: "V(plan) digest, who made it (V(made_by)), who signed it V(by), with which V(key), and until when."
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
