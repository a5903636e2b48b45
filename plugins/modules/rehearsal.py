"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: rehearsal
short_description: Rehearse the way through before anybody signs it
description:
  - Has Ansible check the syntax of every playbook of a strategy with this inventory, or play every leg in check mode.
  - Starts processes of its own on this machine. They only read and take no lock; their record is in RR_HOME/rehearsals.
  - What fails is a blocker with the task, the host and the message. A leg that stands on an earlier one is rehearsed up
    to its gate, and told as a note.
options:
  of:
    description: "V(syntax): the playbooks parse. V(run): every leg in check mode, through the command."
    type: str
    required: true
    choices: [syntax, run]
  inventory:
    description: The site's directory.
    type: str
    required: true
  strategy:
    description: The way through.
    type: str
    required: true
  playbooks:
    description: "For V(syntax): the playbooks of each strategy, by their names below playbooks/."
    type: dict
    default: {}
  timeout:
    description: Seconds until it is ended; that is a blocker, too.
    type: float
    default: 900.0
extends_documentation_fragment:
  - failback.accept_loss
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: REVIEW-03 | Check that every playbook of the way parses with this inventory
  rehearsal:
    of: syntax
    inventory: "{{ inventory_dir }}"
    strategy: switch-first
    playbooks: {switch-first: [emergency.yml, full.yml, abort.yml]}

- name: REVIEW-03 | Check that every leg of the way rehearses cleanly
  rehearsal:
    of: run
    inventory: "{{ inventory_dir }}"
    strategy: switch-first
"""

RETURN = r"""
evidence:
  description: The playbooks that were checked; or the record of the rehearsal, and how each leg ended.
  returned: always
  type: dict
"""
