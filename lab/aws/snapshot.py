"""Read out of moto, in this very process, what the world should look like: the reconciler's one question.

Cheaper by far than half a dozen API calls every half second, and it sees all of it at one moment.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.ec2 import ec2_backends
from moto.rds import rds_backends
from moto.route53 import route53_backends

ACCOUNT = "123456789012"
PARTITION = "aws"


def desired(region: str = "") -> dict[str, Any]:
    """Return instances, security groups, network ACLs, parameters and records as plain data."""
    records = _records()
    digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
    if not region:
        return {"records": records, "records_digest": digest}
    rds, ec2 = rds_backends[ACCOUNT][region], ec2_backends[ACCOUNT][region]
    groups = {group.id: group for of_vpc in ec2.groups.values() for group in of_vpc.values()}
    return {
        "instances": {
            name: {
                "status": instance.status,
                "parameter_group": instance.db_parameter_group_name,
                "security_groups": list(instance.vpc_security_group_ids),
            }
            for name, instance in rds.databases.items()
        },
        "parameters": {
            name: {key: value.get("ParameterValue") for key, value in group.parameters.items()}
            for name, group in rds.db_parameter_groups.items()
        },
        "security_groups": {
            name: {
                "ingress": [_rule(rule) for rule in group.ingress_rules],
                "egress": [_rule(rule) for rule in group.egress_rules],
            }
            for name, group in groups.items()
        },
        "subnets": {subnet.id: subnet.cidr_block for zone in ec2.subnets.values() for subnet in zone.values()},
        "network_acls": [
            {
                "id": acl.id,
                "subnets": [association.subnet_id for association in acl.associations],
                "entries": [_entry(entry) for entry in acl.network_acl_entries],
            }
            for acl in ec2.network_acls.values()
        ],
        "records": records,
        "records_digest": digest,
    }


def _rule(rule: Any) -> dict[str, Any]:
    return {
        "protocol": str(rule.ip_protocol),
        "from": rule.from_port,
        "to": rule.to_port,
        "cidr": rule.cidr_ipv4,
        "other": bool(rule.source_group or rule.prefix_list_id),
    }


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "number": int(entry.rule_number),
        "protocol": str(entry.protocol),
        "action": str(entry.rule_action),
        "egress": str(entry.egress).lower() == "true",
        "cidr": entry.cidr_block,
        "from": int(entry.port_range_from) if entry.port_range_from is not None else None,
        "to": int(entry.port_range_to) if entry.port_range_to is not None else None,
    }


def _records() -> list[dict[str, Any]]:
    return [
        {
            "name": str(record.name).rstrip("."),
            "type": str(record.type),
            "ttl": int(record.ttl or 0),
            "values": list(record.records),
            "weight": int(record.weight) if record.weight is not None else None,
        }
        for zone in route53_backends[ACCOUNT][PARTITION].zones.values()
        for record in zone.rrsets
        if record.type not in {"NS", "SOA"}
    ]
