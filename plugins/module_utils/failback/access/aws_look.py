"""Finds out what AWS credentials may do without doing it: by simulation, else by dry runs and by reading.

Facts (AWS IAM and EC2 API references): SimulatePrincipalPolicy evaluates the policies of a user or role and performs
nothing; DryRun of an EC2 action answers DryRunOperation when it would be allowed, UnauthorizedOperation when not; RDS
and Route 53 have no dry run.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from failback.access import iam
from failback.access.iam import Decision
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.access.iam import Call

Client = Any
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "403"})
_KEYS = frozenset({"InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "UnrecognizedClientException"})
# The question was not answered: too many were asked, or the service is not well.
_BUSY = frozenset(
    {"RequestLimitExceeded", "TooManyRequestsException", "PriorRequestNotComplete", "SlowDown", "503", "500"}
)
_BUSY_WORDS = ("Throttl", "Unavailable", "InternalError", "InternalFailure")
_CLIENTS = {"elasticloadbalancing": "elbv2"}  # where boto3 has another name than the policies
_BATCH = 50
_NOWHERE = "203.0.113.113/32"  # RFC 5737: an address that nobody has, in rules that are never made
_UNUSED_RULE = 32_000


class BadKeyError(FailbackError):
    """AWS does not know these credentials, or they have expired."""


def caller(client: Callable[[str], Client]) -> tuple[str, str]:
    """Return the ARN and the account of who asks. Raises BadKeyError, or what ``aws.answering`` would translate."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - see failback.aws

    try:
        found = client("sts").get_caller_identity()
    except ClientError as error:
        raise BadKeyError(
            f"AWS does not accept the credentials: {_said(error)}", {"aws_error": _code(error)}
        ) from error
    return str(found["Arn"]), str(found["Account"])


def simulate(client: Callable[[str], Client], arn: str, wanted: Sequence[Call]) -> dict[Call, Decision] | None:
    """Ask IAM. None when these credentials may not ask, or nobody is there to answer."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see failback.aws
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above

    api, principal = client("iam"), iam.principal_of(arn)
    if principal != arn:
        with suppress(ClientError, BotoCoreError):  # a role may have a path, which its session does not tell
            principal = str(api.get_role(RoleName=principal.rpartition("/")[2])["Role"]["Arn"])
    decided: dict[Call, Decision] = {}
    by_arn: dict[str, list[Call]] = {}
    for call in wanted:
        by_arn.setdefault(call.arn, []).append(call)
    try:
        for resource, asked in by_arn.items():
            actions = sorted({call.need.action for call in asked})
            for begin in range(0, len(actions), _BATCH):
                pages = api.get_paginator("simulate_principal_policy").paginate(
                    PolicySourceArn=principal, ActionNames=actions[begin : begin + _BATCH], ResourceArns=[resource]
                )
                answers = {one["EvalActionName"]: one for page in pages for one in page["EvaluationResults"]}
                for call in asked:
                    if call.need.action in answers:
                        decided[call] = _decision(answers[call.need.action])
    except (ClientError, BotoCoreError, ResponseParserError):
        return None  # not allowed to ask, or a stand-in that does not know the question
    return decided


def _decision(answer: dict[str, Any]) -> Decision:
    """Read one answer of the simulation."""
    word = str(answer.get("EvalDecision"))
    if word == "allowed":
        return Decision(allowed=True)
    if answer.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return Decision(
            allowed=False, why="the organization's service control policy forbids it; it must be changed too"
        )
    if answer.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
        return Decision(allowed=False, why="its permissions boundary does not contain it; it must be added there too")
    if word == "explicitDeny":
        return Decision(allowed=False, why="a policy denies it by name; that statement must go")
    return Decision(allowed=False, why="no policy allows it")


def try_out(client: Callable[[str], Client], wanted: Sequence[Call]) -> dict[Call, Decision]:
    """Do without the simulation: dry runs of EC2, reading calls, and honest ignorance of the rest."""
    return {call: _tried(client, call) for call in wanted}


def read(client: Callable[[str], Client], wanted: Sequence[Call]) -> dict[Call, Decision]:
    """Make the reading calls for real: they change nothing, and tell a wrong name apart from a missing permission.

    Only what they object to is returned; a call that nobody answered says nothing against what is known of it.
    """
    found = {call: _tried(client, call) for call in wanted if call.need.action in _READS}
    return {call: decision for call, decision in found.items() if decision.allowed is False or decision.missing}


def _tried(client: Callable[[str], Client], call: Call) -> Decision:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see failback.aws

    action = call.need.action
    act = _READS.get(action) or _LISTS.get(action) or _DRY_RUNS.get(action)
    if act is None:
        return Decision(allowed=None)
    service = action.partition(":")[0]
    try:
        act(client(_CLIENTS.get(service, service)), call.arn)
    except ClientError as error:
        return objection(_code(error), _said(error))
    except BotoCoreError as error:
        return Decision(allowed=None, why=str(error))
    return Decision(allowed=True)


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _group(arn: str) -> str:
    return arn.rpartition(":")[2]


_RULE = [{"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": _NOWHERE}]}]
_FIGURE = {
    "Id": "probe",
    "MetricStat": {"Metric": {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}, "Period": 60, "Stat": "Average"},
}
_TAG = [{"Key": "rollback-runner:probe", "Value": "never set"}]
_READS: dict[str, Callable[[Client, str], object]] = {
    "rds:DescribeDBInstances": lambda api, _: api.describe_db_instances(MaxRecords=20),
    "rds:DescribeDBParameters": lambda api, arn: api.describe_db_parameters(
        DBParameterGroupName=_group(arn), MaxRecords=20
    ),
    "ec2:DescribeSecurityGroups": lambda api, _: api.describe_security_groups(MaxResults=5),
    "ec2:DescribeNetworkAcls": lambda api, _: api.describe_network_acls(MaxResults=5),
    "route53:ListResourceRecordSets": lambda api, arn: api.list_resource_record_sets(
        HostedZoneId=_id(arn), MaxItems="1"
    ),
    "s3:ListBucket": lambda api, arn: api.list_objects_v2(Bucket=_group(arn), MaxKeys=1),
}
# Reading calls that name nothing which could be wrong: made only where the simulation does not tell.
_LISTS: dict[str, Callable[[Client, str], object]] = {
    "rds:DescribeEvents": lambda api, _: api.describe_events(MaxRecords=20),
    "rds:DescribeDBSnapshots": lambda api, _: api.describe_db_snapshots(MaxRecords=20),
    "rds:DescribeDBParameterGroups": lambda api, _: api.describe_db_parameter_groups(MaxRecords=20),
    "rds:DescribeDBSubnetGroups": lambda api, _: api.describe_db_subnet_groups(MaxRecords=20),
    "ec2:DescribeInstances": lambda api, _: api.describe_instances(MaxResults=5),
    "ec2:DescribeVolumes": lambda api, _: api.describe_volumes(MaxResults=5),
    "ec2:DescribeSnapshots": lambda api, _: api.describe_snapshots(OwnerIds=["self"], MaxResults=5),
    "ec2:DescribeAddresses": lambda api, _: api.describe_addresses(),
    "elasticloadbalancing:DescribeLoadBalancers": lambda api, _: api.describe_load_balancers(PageSize=1),
    "route53:ListHostedZones": lambda api, _: api.list_hosted_zones(MaxItems="1"),
    "cloudwatch:GetMetricData": lambda api, _: api.get_metric_data(
        MetricDataQueries=[_FIGURE], StartTime=datetime.now(UTC) - timedelta(minutes=5), EndTime=datetime.now(UTC)
    ),
}
_DRY_RUNS: dict[str, Callable[[Client, str], object]] = {
    "ec2:AuthorizeSecurityGroupIngress": lambda api, arn: api.authorize_security_group_ingress(
        GroupId=_id(arn), IpPermissions=_RULE, DryRun=True
    ),
    "ec2:RevokeSecurityGroupIngress": lambda api, arn: api.revoke_security_group_ingress(
        GroupId=_id(arn), IpPermissions=_RULE, DryRun=True
    ),
    "ec2:CreateNetworkAclEntry": lambda api, arn: api.create_network_acl_entry(
        NetworkAclId=_id(arn), RuleNumber=_UNUSED_RULE, Protocol="6", RuleAction="deny", Egress=False,
        CidrBlock=_NOWHERE, PortRange={"From": 3306, "To": 3306}, DryRun=True,
    ),
    "ec2:DeleteNetworkAclEntry": lambda api, arn: api.delete_network_acl_entry(
        NetworkAclId=_id(arn), RuleNumber=_UNUSED_RULE, Egress=False, DryRun=True
    ),
    "ec2:CreateTags": lambda api, arn: api.create_tags(Resources=[_id(arn)], Tags=_TAG, DryRun=True),
    "ec2:DeleteTags": lambda api, arn: api.delete_tags(Resources=[_id(arn)], Tags=_TAG, DryRun=True),
}  # fmt: skip


def objection(code: str, said: str) -> Decision:
    """Read what AWS objected to a call that was tried. Pure."""
    if code in _DENIED:
        return Decision(allowed=False, why=said)
    if is_missing(code) or is_busy(code):
        return Decision(allowed=None, why=said, missing=is_missing(code))
    # DryRunOperation, or an objection that comes after the permission was found good.
    return Decision(allowed=True, why=said)


def is_busy(code: str) -> bool:
    """Tell an error that says nothing of the question from one that answers it. Pure."""
    return code in _BUSY or any(word in code for word in _BUSY_WORDS)


def is_missing(code: str) -> bool:
    """Tell whether AWS says that there is no such resource: DBParameterGroupNotFound, NoSuchHostedZone. Pure."""
    return code.startswith("NoSuch") or code.endswith(("NotFound", "NotFoundFault", ".Malformed"))


def key_is_bad(error: BaseException) -> bool:
    """Tell whether AWS objects to the key itself."""
    return isinstance(error, BadKeyError) and str(error.evidence.get("aws_error")) in _KEYS | _DENIED


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _said(error: Any) -> str:
    return f"{error.response.get('Error', {}).get('Message', error)} ({_code(error)})"
