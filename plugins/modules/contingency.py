"""Documentation of contingency. The work is done in plugins/action/contingency.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: contingency
short_description: Say what would have been, or was, tried when a restore failed
description:
  - Asks nobody. Reads what the phase prepare found of the backups and what the runs of this incident tried, in which
    order, which was used, and why each before it was passed over.
options:
  sources:
    description: Backups in the order in which they are tried, with name and url.
    type: list
    elements: dict
    default: []
  home:
    description: Where the record of runs is.
    type: str
    required: true
  site_name:
    description: The site's name.
    type: str
    required: true
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: CONT-02 | Check that the next backup is tried when a restore fails
  contingency:
    sources: "{{ backup_sources }}"
    home: /srv/rollback
    site_name: shop

- name: CONT-02 | Check one source
  contingency:
    sources: [{name: nightly, url: "ssh://db1/backups"}]
    home: /srv/rollback
    site_name: shop

- name: CONT-02 | Check a site without backups
  contingency:
    sources: []
    home: /srv/rollback
    site_name: shop
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
  description: The order, the verdict of each, what each run tried, and which was used.
  returned: always
  type: dict
"""
