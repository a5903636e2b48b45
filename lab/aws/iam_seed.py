"""What the tool's user may do in the AWS stand-in: the least policy of docs/permissions.md, and reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.aws.config import AwsConfig

USER = "rollback-runner"
# Whose key may end what the move left, and nothing else in the account.
CLEANUP_USER = "rollback-runner-cleanup"
POLICY = "fail-back"
ACCOUNT = "123456789012"
# A site's people look at more than the tool changes.
_LOOKS = (
    *("rds:Describe*", "ec2:Describe*", "route53:Get*", "route53:List*", "s3:Get*", "s3:List*"),
    *("cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:Describe*", "elasticloadbalancing:Describe*"),
)


def policy_document(config: AwsConfig, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Allow what a fail-back changes, on the very resources, and looking at anything."""
    place = f"{config.region}:{ACCOUNT}"
    firewalls = [f"arn:aws:ec2:{place}:security-group/{name}" for name in ids["security_groups"]]
    acls = [f"arn:aws:ec2:{place}:network-acl/{name}" for name in ids["network_acls"]]
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(["rds:ModifyDBParameterGroup"], [f"arn:aws:rds:{place}:pg:{config.parameter_group}"]),
            _allow(["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"], firewalls),
            _allow(["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"], acls),
            _allow(["ec2:CreateTags", "ec2:DeleteTags"], [*firewalls, *acls]),
            _allow(["route53:ChangeResourceRecordSets"], [f"arn:aws:route53:::hostedzone/{ids['hosted_zone']}"]),
            _allow(["iam:SimulatePrincipalPolicy"], [f"arn:aws:iam::{ACCOUNT}:user/{USER}"]),
            _allow(list(_LOOKS), ["*"]),
        ],
    }


def cleanup_document(config: AwsConfig, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Allow to end the shop's own resources by name, to make a last snapshot, and looking at anything."""
    rds, ec2 = f"arn:aws:rds:{config.region}:{ACCOUNT}", f"arn:aws:ec2:{config.region}:{ACCOUNT}"
    instance = f"{rds}:db:{config.instance}"
    last = [f"{rds}:snapshot:rr-last-{config.instance}-*", f"{rds}:snapshot:{config.instance}-*"]
    machines = [f"{ec2}:instance/{name}" for name in ids["machines"]]
    groups = [f"{ec2}:security-group/{name}" for name in (*ids["security_groups"], ids["app_group"])]
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(["rds:DeleteDBInstance", "rds:StopDBInstance"], [instance]),
            _allow(["rds:CreateDBSnapshot"], [instance, *last]),
            _allow(["rds:DeleteDBSnapshot"], last),
            _allow(["rds:DeleteDBParameterGroup"], [f"{rds}:pg:{config.parameter_group}"]),
            _allow(["rds:DeleteDBSubnetGroup"], [f"{rds}:subgrp:{config.instance}"]),
            _allow(["ec2:TerminateInstances", "ec2:StopInstances"], machines),
            _allow(["ec2:DeleteSecurityGroup"], groups),
            _allow(["ec2:ReleaseAddress"], [f"{ec2}:elastic-ip/{ids['address']}"]),
            _allow(["ec2:DeleteVolume", "ec2:DeleteSnapshot"], [f"{ec2}:volume/*", f"{ec2}:snapshot/*"]),
            _allow(["ec2:DeleteNetworkAcl"], [f"{ec2}:network-acl/{name}" for name in ids["network_acls"]]),
            _allow(list(_LOOKS), ["*"]),
        ],
    }


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
