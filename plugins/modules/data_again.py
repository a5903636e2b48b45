"""Documentation of data_again. The work is done in plugins/action/data_again.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: data_again
short_description: Prove after traffic that RDS holds nothing beyond FINAL and no id was given out twice
description:
  - FINAL is read from the record of the promotion. RDS's binary log after it may hold its own housekeeping only. IDC's
    binary log since then shows which ids were given out, and RDS's counters which had been before.
  - Ends nothing; what does not hold is a finding. An RDS that does not answer is told.
options:
  idc:
    description: IDC MySQL, with host, port, user, password_file, ca_file, server_uuid.
    type: dict
    required: true
  aws:
    description: RDS, the same keys.
    type: dict
    required: true
  schemas:
    description: The application's schemas.
    type: list
    elements: str
    required: true
  home:
    description: Where the record of runs is.
    type: str
    required: true
  strategy:
    description: With stop-first, ids that were put back from the quarantine are warnings.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: FINAL-02 | Check that RDS holds nothing beyond FINAL
  data_again:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: [shop]
    home: /srv/rollback

- name: FINAL-02 | Check two schemas
  data_again:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: [shop, billing]
    home: /srv/rollback

- name: FINAL-02 | Check after a restore
  data_again:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: [shop]
    home: /srv/rollback
    strategy: stop-first
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
  description: FINAL, what RDS wrote beyond it, and by table both counters and the ids inserted since.
  returned: always
  type: dict
"""
