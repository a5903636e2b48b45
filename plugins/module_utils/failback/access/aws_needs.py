"""Every AWS action the plugins call, on the least resource. Pure data.

Resource types: AWS service authorization reference for RDS, EC2, Route 53, S3, CloudWatch and Elastic Load Balancing.
Describe actions of EC2 and load balancers, ``cloudwatch:GetMetricData`` and ``route53:ListHostedZones`` take no
resource; ``rds:DescribeDBInstances`` is called for all instances, to see who else uses the parameter group.

What deletes belongs to another key and stands in `cleanup_needs`.
"""

from __future__ import annotations

from failback.access.model import AwsPermission, When, Words

_INSTANCES = "arn:aws:rds:{region}:{account}:db:*"
_GROUP = "arn:aws:rds:{region}:{account}:pg:{group}"
_FIREWALL = "arn:aws:ec2:{region}:{account}:security-group/{id}"
_ACL = "arn:aws:ec2:{region}:{account}:network-acl/{id}"
_ZONE = "arn:aws:route53:::hostedzone/{zone}"
_CHANGE = "arn:aws:route53:::change/*"
_BUCKET = "arn:aws:s3:::{bucket}"
_OBJECTS = "arn:aws:s3:::{bucket}/{prefix}*"

_NOTE = Words("note the rules before on the resource itself", "바꾸기 전 규칙을 리소스에 기록")
_FORGET = Words("take that note away again", "그 기록을 다시 제거")
_ROWS: tuple[tuple[When, tuple[str, ...], str, str, Words], ...] = (
    ("", ("AWS-03",), "rds:DescribeDBInstances", _INSTANCES,
     Words("see who uses the parameter group", "파라미터 그룹을 쓰는 인스턴스 조회")),
    ("", ("AWS-03",), "rds:DescribeDBParameters", _GROUP,
     Words("read read_only in the parameter group", "파라미터 그룹의 read_only 조회")),
    ("", ("AWS-03",), "rds:ModifyDBParameterGroup", _GROUP,
     Words("set read_only in the parameter group", "파라미터 그룹의 read_only 변경")),
    ("security_group", ("AWS-04",), "ec2:DescribeSecurityGroups", "*",
     Words("read the security groups", "보안 그룹 조회")),
    ("security_group", ("AWS-04",), "ec2:AuthorizeSecurityGroupIngress", _FIREWALL,
     Words("let the kept sources in", "유지할 출발지 허용")),
    ("security_group", ("AWS-04",), "ec2:RevokeSecurityGroupIngress", _FIREWALL,
     Words("shut the others out", "나머지 출발지 차단")),
    ("security_group", ("AWS-04",), "ec2:CreateTags", _FIREWALL, _NOTE),
    ("security_group", ("AWS-04",), "ec2:DeleteTags", _FIREWALL, _FORGET),
    ("network_acl", ("AWS-04",), "ec2:DescribeNetworkAcls", "*",
     Words("read the network ACLs", "네트워크 ACL 조회")),
    ("network_acl", ("AWS-04",), "ec2:CreateNetworkAclEntry", _ACL,
     Words("cut everyone but the kept sources off", "유지할 출발지 외 차단")),
    ("network_acl", ("AWS-04",), "ec2:DeleteNetworkAclEntry", _ACL, Words("let them in again", "차단 해제")),
    ("network_acl", ("AWS-04",), "ec2:CreateTags", _ACL, _NOTE),
    ("network_acl", ("AWS-04",), "ec2:DeleteTags", _ACL, _FORGET),
    ("route53", ("SWITCH-03",), "route53:ListResourceRecordSets", _ZONE,
     Words("read the service's names", "서비스 이름 조회")),
    ("route53", ("SWITCH-03",), "route53:ChangeResourceRecordSets", _ZONE,
     Words("change the service's names", "서비스 이름 변경")),
    ("route53", ("SWITCH-03",), "route53:GetChange", _CHANGE,
     Words("wait until a change is published", "변경이 반영될 때까지 확인")),
    ("s3", ("TECH-02", "DATA-01"), "s3:ListBucket", _BUCKET, Words("list the backups", "백업 목록 조회")),
    ("s3", ("TECH-02", "DATA-01"), "s3:GetObject", _OBJECTS, Words("read the backups", "백업 읽기")),
    ("cloudwatch", ("MON-03", "WATCH-02"), "cloudwatch:GetMetricData", "*",
     Words("follow RDS by its figures", "RDS 지표 조회")),
    ("look", ("SIT-01", "SIT-03"), "rds:DescribeEvents", "*", Words("read what AWS did to RDS", "RDS 이벤트 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "rds:DescribeDBSnapshots", "*",
     Words("list the snapshots that are left", "남은 RDS 스냅샷 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "rds:DescribeDBParameterGroups", "*",
     Words("list the parameter groups that are left", "남은 파라미터 그룹 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "rds:DescribeDBSubnetGroups", "*",
     Words("list the subnet groups that are left", "남은 서브넷 그룹 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "ec2:DescribeInstances", "*",
     Words("list the machines that are left", "남은 EC2 인스턴스 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "ec2:DescribeVolumes", "*",
     Words("list the volumes that are left", "남은 EBS 볼륨 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "ec2:DescribeSnapshots", "*",
     Words("list the snapshots of volumes that are left", "남은 EBS 스냅샷 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "ec2:DescribeAddresses", "*",
     Words("list the addresses that are left", "남은 탄력적 IP 조회")),
    ("look", ("FOLLOW-01", "SIT-03"), "ec2:DescribeSecurityGroups", "*",
     Words("see who is in the security groups", "보안 그룹을 쓰는 자원 조회")),
    ("look", ("FOLLOW-01", "SIT-03"), "ec2:DescribeNetworkAcls", "*",
     Words("list the network ACLs that are left", "남은 네트워크 ACL 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "elasticloadbalancing:DescribeLoadBalancers", "*",
     Words("list the load balancers that are left", "남은 로드 밸런서 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "elasticloadbalancing:DescribeTags", "*",
     Words("see whose load balancers they are", "로드 밸런서의 소유 태그 조회")),
    ("look", ("FOLLOW-01", "FOLLOW-02"), "route53:ListHostedZones", "*",
     Words("list the zones that are left", "남은 호스팅 영역 조회")),
)  # fmt: skip

_TWICE = frozenset({action for _, _, action, *_ in _ROWS if sum(row[2] == action for row in _ROWS) > 1})


def _permission(row: tuple[When, tuple[str, ...], str, str, Words]) -> AwsPermission:
    when, items, action, resource, what = row
    return AwsPermission(
        # Tags are put on two kinds of resource, and some rules are read for two reasons.
        key=f"iam:{action}{f':{when}' if action in _TWICE else ''}",
        holder="aws",
        items=items,
        what=what,
        probe="simulate",
        grant='{{"Effect": "Allow", "Action": "{action}", "Resource": "{arn}"}}',
        action=action,
        resource=resource,
        when=when,
    )


# Not needed by any act: with it all the others are answered without being tried.
SIMULATE = AwsPermission(
    key="iam:iam:SimulatePrincipalPolicy",
    holder="aws",
    items=("TECH-04",),
    what=Words("ask what these credentials may do, without trying it", "실행하지 않고 권한만 확인"),
    probe="simulate",
    grant='{{"Effect": "Allow", "Action": "{action}", "Resource": "{arn}"}}',
    action="iam:SimulatePrincipalPolicy",
    resource="{principal}",
    optional=True,
)
AWS: tuple[AwsPermission, ...] = (*map(_permission, _ROWS), SIMULATE)
