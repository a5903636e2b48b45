"""Documentation of residue_host. The work is done in plugins/action/residue_host.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: residue_host
short_description: Find what a rollback left in the folders of a host's configuration
description:
  - Lists the folders of the files at O(files) by name, and tells copies from before a run and writes that were cut off,
    each with its owner. Reads no content. A host that does not answer is told and ends nothing.
options:
  files:
    description: Files that the site knows; what lies beside them is looked at.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds the host has to answer.
    type: float
    default: 10.0
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: FOLLOW-01 | Read what the rollback left beside the files of this host
  residue_host:
    files: [/etc/haproxy/haproxy.cfg]

- name: FOLLOW-01 | Read what is left beside the application's files
  residue_host:
    files: [/etc/shop/app.json]

- name: FOLLOW-01 | Read what is left on a slow host
  residue_host:
    files: [/etc/shop/app.json]
    timeout: 30
"""

RETURN = r"""
---
before:
  description: What was there before, where there is something to compare with.
  returned: always
  type: raw
after:
  description: What was seen, in a few words.
  returned: always
  type: raw
evidence:
  description: What was found, each with where, before, now, owner and how it goes.
  returned: always
  type: dict
"""
