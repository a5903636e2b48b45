"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: record_handover
short_description: Hand over what a job's run came to
description:
  - >-
    A task of the last play of every phase. In a job that keeps its own record (AWX, or RR_RECORD=1) it hands
    rr_run, rr_status, rr_plan_digest and rr_report to the later nodes of the workflow, as set_stats does.
  - Under rollback-runner, and where nobody keeps a record, it hands nothing over.
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Read what the run came to and hand it over
  record_handover:
"""

RETURN = r"""
evidence:
  description: "V(asked): whether the job keeps the record; and what was handed over."
  returned: always
  type: dict
"""
