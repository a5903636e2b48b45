"""AWS clients with deadlines, and their errors in our words. The only import of boto3 for RDS and EC2.

The failed side must not hold the fail-back up: every call ends within seconds, and silence has a decided answer.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from failback.errors import ConfigError, FailbackError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_TIMEOUT = 3  # seconds
READ_TIMEOUT = 10  # seconds
ATTEMPTS = 2

# What every plugin that speaks to AWS takes.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "region": {"type": "str", "required": True},
    "endpoint_url": {"type": "str", "default": ""},
    "credentials_file": {"type": "str", "default": ""},
    "profile": {"type": "str", "default": ""},
}


class AwsUnreachableError(UnreachableError):
    """The AWS API does not answer, or there are no credentials to ask it with."""


@dataclass(frozen=True)
class Account:
    """How to reach the API."""

    region: str
    endpoint_url: str
    credentials_file: str
    profile: str

    @classmethod
    def from_arguments(cls, values: Mapping[str, object]) -> Self:
        """Build from a plugin's arguments."""
        return cls(*(str(values.get(name) or "") for name in ("region", "endpoint_url", "credentials_file", "profile")))

    def client(self, service: str) -> Any:
        """Make a client. Raises ConfigError when the credentials file or profile cannot be used."""
        # Imported here: loading boto3 takes longer than a whole fence, and only these plugins need it.
        import boto3  # noqa: PLC0415
        import botocore.session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        session = botocore.session.Session(profile=self.profile or None)
        if self.credentials_file:
            path = Path(self.credentials_file).expanduser()
            if not path.is_file():
                raise ConfigError(f"the AWS credentials file {path} is not there: correct aws_credentials_file")
            session.set_config_variable("credentials_file", str(path))
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        )
        try:
            return boto3.Session(botocore_session=session, region_name=self.region).client(
                service, endpoint_url=self.endpoint_url or None, config=config
            )
        except BotoCoreError as error:
            raise ConfigError(f"no AWS client for {service}: {error}") from error


@contextmanager
def answering(doing: str) -> Iterator[None]:
    """Translate errors of AWS calls; ``doing`` completes "AWS did not ..."."""
    from botocore import exceptions  # noqa: PLC0415 - see Account.client

    silent = (
        exceptions.ConnectionError,
        exceptions.HTTPClientError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
    )
    try:
        yield
    except exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        text = str(error.response.get("Error", {}).get("Message", error))
        raise FailbackError(f"AWS did not {doing}: {text} ({code})", {"aws_error": code}) from error
    except silent as error:
        raise AwsUnreachableError(
            f"the AWS API does not answer, so it did not {doing}: {error}", {"aws_api": "unreachable"}
        ) from error
    except exceptions.BotoCoreError as error:
        raise FailbackError(f"AWS did not {doing}: {error}") from error
