"""What the key of ``rollback-runner cleanup apply`` must be allowed beyond looking. Pure data.

The page of permissions lists it. No run asks for it: that key is used days later, by a person, and may not exist yet.
Resource types: AWS service authorization reference for RDS, EC2 and Elastic Load Balancing. The ids of machines,
volumes and addresses are known only once `cleanup plan` has looked.
"""

from __future__ import annotations

from failback.access.model import AwsPermission, Words

_RDS = "arn:aws:rds:{region}:{account}"
_EC2 = "arn:aws:ec2:{region}:{account}"
_ROWS: tuple[tuple[str, tuple[str, ...], Words], ...] = (
    ("rds:DeleteDBInstance", (f"{_RDS}:db:{{instance}}",), Words("delete the RDS instance", "RDS 인스턴스 삭제")),
    ("rds:StopDBInstance", (f"{_RDS}:db:{{instance}}",), Words("stop it instead", "삭제 대신 중지")),
    ("rds:CreateDBSnapshot", (f"{_RDS}:db:{{instance}}", f"{_RDS}:snapshot:*"),
     Words("make its last snapshot", "마지막 스냅샷 생성")),
    ("rds:DeleteDBSnapshot", (f"{_RDS}:snapshot:*",), Words("delete its snapshots", "RDS 스냅샷 삭제")),
    ("rds:DeleteDBParameterGroup", (f"{_RDS}:pg:{{group}}",),
     Words("delete its parameter group", "파라미터 그룹 삭제")),
    ("rds:DeleteDBSubnetGroup", (f"{_RDS}:subgrp:*",), Words("delete its subnet group", "서브넷 그룹 삭제")),
    ("ec2:TerminateInstances", (f"{_EC2}:instance/*",), Words("delete machines", "EC2 인스턴스 종료")),
    ("ec2:StopInstances", (f"{_EC2}:instance/*",), Words("stop machines instead", "종료 대신 중지")),
    ("ec2:DeleteVolume", (f"{_EC2}:volume/*",), Words("delete volumes", "EBS 볼륨 삭제")),
    ("ec2:DeleteSnapshot", (f"{_EC2}:snapshot/*",), Words("delete snapshots of volumes", "EBS 스냅샷 삭제")),
    ("ec2:ReleaseAddress", (f"{_EC2}:elastic-ip/*",), Words("give addresses back", "탄력적 IP 반납")),
    ("ec2:DeleteSecurityGroup", (f"{_EC2}:security-group/*",), Words("delete security groups", "보안 그룹 삭제")),
    ("ec2:DeleteNetworkAcl", (f"{_EC2}:network-acl/*",), Words("delete network ACLs", "네트워크 ACL 삭제")),
    ("elasticloadbalancing:DeleteLoadBalancer",
     ("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/*",),
     Words("delete load balancers", "로드 밸런서 삭제")),
)  # fmt: skip
CLEANUP: tuple[AwsPermission, ...] = tuple(
    AwsPermission(
        key=f"cleanup:{action}{f':{number}' if number else ''}",
        holder="aws_cleanup",
        items=("FOLLOW-01",),
        what=what,
        probe="at_use",
        grant='{{"Effect": "Allow", "Action": "{action}", "Resource": "{arn}"}}',
        action=action,
        resource=resource,
        when="look",
    )
    for action, resources, what in _ROWS
    for number, resource in enumerate(resources)
)
