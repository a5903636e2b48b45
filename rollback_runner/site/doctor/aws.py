"""The doctor's look at the AWS API: the credentials, the way there, and the instance. It asks as a run does."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.aws import Account, AwsUnreachableError, answering
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_INSTANCE = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_BAD_KEY = frozenset(
    {"AuthFailure", "ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
)
_NO_RIGHT = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def instance(variables: Mapping[str, Any]) -> str:
    """Read the state of the instance that the site names."""
    file, profile = str(variables["aws_credentials_file"]), str(variables["aws_profile"])
    _check_profile(file, profile)
    name, region = variables["aws_db_instance"], str(variables["aws_region"])
    endpoint = str(variables["aws_endpoint_url"] or "")
    try:
        client = Account(region, endpoint, file, profile).client("rds")
    except ValueError as error:  # botocore's own, of a URL
        raise ValueError(f"aws_endpoint_url {endpoint} is no URL: correct it, or leave it empty for AWS") from error
    try:
        with answering(f"tell of {name}"):
            found = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    except AwsUnreachableError as error:
        raise ValueError(
            f"{error}: correct aws_region or aws_endpoint_url, or the way out (site_https_proxy, site_no_proxy)"
        ) from error
    except FailbackError as error:
        code = error.evidence.get("aws_error")
        if code in _NO_INSTANCE:
            raise ValueError(
                f"AWS has no instance {name} in {region}: correct aws_db_instance or aws_region"
            ) from error
        if code in _BAD_KEY:
            raise ValueError(f"{error}: correct the profile {profile} in {file}") from error
        if code in _NO_RIGHT:
            raise ValueError(f"{error}: give {profile} the rights of docs/permissions.md") from error
        raise
    return f"{name} is {found['DBInstanceStatus']}, engine {found.get('EngineVersion', 'unknown')}"


def _check_profile(file: str, name: str) -> None:
    """See that the file holds the profile and its two keys: without them botocore would look for others."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(Path(file).expanduser().read_text(encoding="utf-8"))
    except configparser.Error as error:
        raise ValueError(f"{file} is not written as the AWS CLI writes it: correct aws_credentials_file") from error
    if not parser.has_section(name):
        raise ValueError(f"{file} has no profile {name}: correct aws_profile")
    lacks = [key for key in ("aws_access_key_id", "aws_secret_access_key") if not parser[name].get(key)]
    if lacks:
        raise ValueError(f"the profile {name} in {file} has no {', '.join(lacks)}")
