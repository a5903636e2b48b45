"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: document_draft
short_description: Draw up documents from the record of the incident
description:
  - Fills drafts in English and Korean from the record alone, and marks every place that only a person can write.
  - They lie in C(documents) below the incident. One that a person changed stays as it is; the new one lies beside it.
options:
  home:
    description: Where runs and incidents are recorded.
    type: str
    required: true
  names:
    description: Which documents.
    type: list
    elements: str
    required: true
    choices: [post-mortem, re-migration, lessons]
attributes:
  check_mode:
    support: full
    description: Tells which drafts would change; nothing is written.
  diff_mode:
    support: none
    description: The drafts are long; they are read where they lie.
  idempotent:
    support: full
    description: While the record is the same, so is the draft.
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DOC-02 | Draw up the post-mortem
  document_draft:
    home: "{{ rr_home }}"
    names: [post-mortem]
"""

RETURN = r"""
evidence:
  description: "Where the drafts lie, each with its digest and how many places are still to be written by a person."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
