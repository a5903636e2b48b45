"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_retention
short_description: Remove releases of an application that nobody will go back to
description:
  - For whoever deploys to hosts of our own, after a deployment. The role calls it after everything is proven, where
    C(deployment_keep) is set.
  - What runs, what C(current) names, the newest releases and the last ones that served stay, the same on every host.
  - A host that is locked, or does not run what C(current) names, keeps everything.
  - Directories of releases go; images stay, for other releases and other applications may need their layers.
options:
  keep:
    description: How many releases stay, of the newest and of those that served beside the live one. At least 2.
    type: int
    default: 5
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Remove old releases after a deployment
  deployment_retention:
    keep: 5

- name: Say which would go
  deployment_retention:
    keep: 5
  check_mode: true
"""

RETURN = r"""
before:
  description: Nothing; what there was is told by DEPLOY-01.
  returned: always
  type: raw
after:
  description: RV(after.removed) names the releases that went (in a rehearsal, that would go), by host.
  returned: always
  type: raw
evidence:
  description: How many stay, and what went.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
