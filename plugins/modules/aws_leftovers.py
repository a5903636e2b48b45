"""Documentation of aws_leftovers. The work is done in plugins/action/aws_leftovers.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_leftovers
short_description: Find what the move left on AWS and propose what becomes of it
description:
  - Reads instances, snapshots, groups, disks, addresses, load balancers and zones. What carries all of the site's tags,
    or what its inventory names, is the site's; a named one with another owner's tags is disputed, one a neighbour
    uses too is shared, and both are never proposed to go.
  - Prices each by the site's list; one without a price is told as unknown. Proposes an action and a hold date, and ends
    nothing. What could not be read is a finding.
options:
  database:
    description: Variables of the database's host - aws_region, aws_endpoint_url, aws_credentials_file, aws_profile,
      aws_db_instance, aws_parameter_group, aws_security_groups, aws_network_acls, aws_own_tags,
      site_cloud_costs, site_cleanup.
    type: dict
    required: true
  service:
    description: Variables of the service's host - dns_servers.
    type: dict
    default: {}
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: FOLLOW-01 | Read what is left on AWS and propose what becomes of it
  aws_leftovers:
    database:
      aws_region: ap-northeast-2
      aws_db_instance: shop-prod
      aws_own_tags: {service: shop}

- name: FOLLOW-01 | Read what is left with a budget
  aws_leftovers:
    database:
      aws_region: ap-northeast-2
      aws_db_instance: shop-prod
      site_cloud_costs: {budget_month: 300, prices: {rds_instance: {db.r6g.large: 0.25}}}

- name: FOLLOW-01 | Read what is left, zones too
  aws_leftovers:
    database: {aws_region: ap-northeast-2, aws_db_instance: shop-prod}
    service: {dns_servers: {route53: {zone_id: Z0123456789}}}
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
  description: Each resource with owner, reason, cost, action and hold date; sums; neighbours; what was not read.
  returned: always
  type: dict
"""
