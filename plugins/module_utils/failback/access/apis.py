"""Where the AWS API of each service is that the site uses. Nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.aws import Account

if TYPE_CHECKING:
    from failback.access.site import Site


def services(site: Site, host: str) -> list[str]:
    """Name the services a host's part of the plan uses."""
    groups = site.groups_of(host)
    found = []
    if "databases" in groups:
        found += ["rds"]
        if site.get(host, "aws_network_fence", "none") != "none" or site.get(host, "aws_network_acls", []):
            found += ["ec2"]
        if any(str(source.get("url", "")).startswith("s3://") for source in site.get(host, "backup_sources", [])):
            found += ["s3"]
    if "service" in groups and any(one.get("provider") == "route53" for one in site.get(host, "dns_records", [])):
        found += ["route53"]
    return found


def account(site: Site, host: str, service: str) -> Account:
    """Give the account a service is spoken to with, as the plugin that does it would."""
    if service == "route53":
        settings = (site.get(host, "dns_servers") or {}).get("route53") or {}
        names = ("region", "endpoint_url", "credentials_file", "profile")
        return Account.from_arguments({name: settings.get(name) for name in names} | _region(settings))
    values = {
        "region": site.get(host, "aws_region", ""),
        "endpoint_url": site.get(host, "aws_endpoint_url", ""),
        "credentials_file": site.get(host, "aws_credentials_file", ""),
        "profile": site.get(host, "aws_profile", ""),
    }
    if service == "s3":
        values |= {key: value for key, value in (site.get(host, "backup_s3") or {}).items() if value and key in values}
    return Account.from_arguments(values)


def _region(settings: dict[str, object]) -> dict[str, object]:
    return {"region": settings.get("region") or "us-east-1"}  # Route 53 has one region


def endpoints(site: Site, host: str) -> list[tuple[str, str]]:
    """Return (service, URL) for each. Raises ConfigError when the credentials cannot be used."""
    return [(name, str(account(site, host, name).client(name).meta.endpoint_url)) for name in services(site, host)]


def authorities() -> str:
    """Give the CA file that boto3 verifies AWS with."""
    from botocore.httpsession import get_cert_path  # noqa: PLC0415 - see failback.aws

    return str(get_cert_path(True))  # noqa: FBT003 - botocore's own signature
