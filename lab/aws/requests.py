"""Read out of an HTTP request which AWS action on which resources it is. Pure.

Only the calls that a fail-back makes have resources here; every other action is about "*".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_ZONE = re.compile(r"/2013-04-01/hostedzone/([^/]+)/rrset/?")
_CHANGE = re.compile(r"/2013-04-01/change/([^/]+)")
_TAGGED = re.compile(r"ResourceId\.\d+")
_KINDS = {"sg": "security-group", "acl": "network-acl"}

# What ends something: the kind of resource in its ARN, and the parameter that names it.
_ON_RDS = {
    "rds:DeleteDBInstance": (("db", "DBInstanceIdentifier"),),
    "rds:StopDBInstance": (("db", "DBInstanceIdentifier"),),
    "rds:CreateDBSnapshot": (("db", "DBInstanceIdentifier"), ("snapshot", "DBSnapshotIdentifier")),
    "rds:DeleteDBSnapshot": (("snapshot", "DBSnapshotIdentifier"),),
    "rds:DeleteDBSubnetGroup": (("subgrp", "DBSubnetGroupName"),),
}
_ON_EC2 = {
    "ec2:TerminateInstances": ("instance", "InstanceId"),
    "ec2:StopInstances": ("instance", "InstanceId"),
    "ec2:DeleteVolume": ("volume", "VolumeId"),
    "ec2:DeleteSnapshot": ("snapshot", "SnapshotId"),
    "ec2:ReleaseAddress": ("elastic-ip", "AllocationId"),
    "ec2:DeleteSecurityGroup": ("security-group", "GroupId"),
    "ec2:DeleteNetworkAcl": ("network-acl", "NetworkAclId"),
}


@dataclass(frozen=True)
class Call:
    """One request. ``resources`` has at least one entry; ``form`` are its parameters, each with its first value."""

    key: str
    service: str
    action: str
    resources: tuple[str, ...]
    form: Mapping[str, str]

    @property
    def name(self) -> str:
        """The action as policies name it."""
        return f"{self.service}:{self.action}"


def read(  # noqa: PLR0913, PLR0917 - a request has these parts
    method: str, path: str, query: str, authorization: str, body: bytes, account: str, target: str = ""
) -> Call | None:
    """Read a request; None when it is not signed. ``target`` is its header X-Amz-Target."""
    match = _CREDENTIAL.search(authorization)
    if match is None:
        return None
    key, region, service = match.groups()
    form = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    if service not in {"s3", "route53"}:
        form |= {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
    if service == "route53":
        action, resources = _route53(method, path)
    elif service == "s3":
        action, resources = _s3(method, path)
    else:
        # Clients that speak JSON, as CloudWatch's do, name the action in a header.
        action = target.rpartition(".")[2] or form.get("Action", "")
        resources = _resources(f"{service}:{action}", form, f"{region}:{account}")
    # Policies call it by another name than signatures do.
    service = "cloudwatch" if service == "monitoring" else service
    return Call(key, service, action, resources or ("*",), form)


def _resources(action: str, form: Mapping[str, str], place: str) -> tuple[str, ...]:
    names: tuple[str, ...] = ()
    if action == "rds:DescribeDBInstances":
        names = (f"rds:{place}:db:{form.get('DBInstanceIdentifier') or '*'}",)
    elif action in _ON_RDS:
        names = tuple(f"rds:{place}:{kind}:{form.get(key, '*')}" for kind, key in _ON_RDS[action])
    elif action.startswith("rds:") and "DBParameterGroupName" in form:
        names = (f"rds:{place}:pg:{form['DBParameterGroupName']}",)
    elif action.endswith("SecurityGroupIngress") and "GroupId" in form:
        names = (f"ec2:{place}:security-group/{form['GroupId']}",)
    elif action.endswith("NetworkAclEntry") and "NetworkAclId" in form:
        names = (f"ec2:{place}:network-acl/{form['NetworkAclId']}",)
    elif action in {"ec2:CreateTags", "ec2:DeleteTags"}:
        tagged = [value for name, value in sorted(form.items()) if _TAGGED.fullmatch(name)]
        names = tuple(f"ec2:{place}:{_KINDS.get(name.partition('-')[0], '*')}/{name}" for name in tagged)
    elif action in _ON_EC2:
        kind, key = _ON_EC2[action]
        wanted = [value for name, value in sorted(form.items()) if name.partition(".")[0] == key]
        names = tuple(f"ec2:{place}:{kind}/{name}" for name in wanted)
    elif action == "iam:SimulatePrincipalPolicy":
        return (form.get("PolicySourceArn", "*"),)
    return tuple(f"arn:aws:{name}" for name in names)


def _route53(method: str, path: str) -> tuple[str, tuple[str, ...]]:
    if match := _ZONE.fullmatch(path):
        action = "ChangeResourceRecordSets" if method == "POST" else "ListResourceRecordSets"
        return action, (f"arn:aws:route53:::hostedzone/{match[1]}",)
    if match := _CHANGE.fullmatch(path):
        return "GetChange", (f"arn:aws:route53:::change/{match[1]}",)
    if method == "GET" and path.rstrip("/").endswith("/hostedzone"):
        return "ListHostedZones", ()
    return f"{'List' if method == 'GET' else 'Change'}Other", ()


def _s3(method: str, path: str) -> tuple[str, tuple[str, ...]]:
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    looks = method in {"GET", "HEAD"}
    if not key:
        return ("ListBucket" if looks else "PutBucket"), (f"arn:aws:s3:::{bucket}",)
    return ("GetObject" if looks else "PutObject"), (f"arn:aws:s3:::{bucket}/{key}",)
