import stat
from pathlib import Path

import pytest
from cryptography import x509

from lab import keys, tls
from lab.paths import LabPaths
from lab.topology import ADDRESS, HOSTS


@pytest.fixture
def paths(tmp_path: Path) -> LabPaths:
    return LabPaths(tmp_path / ".lab")


def test_secrets_are_readable_by_their_owner_alone(paths: LabPaths) -> None:
    keys.up(paths)
    for path in paths.secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(paths.secrets.stat().st_mode) == 0o700


def test_second_run_changes_no_key_and_no_password(paths: LabPaths) -> None:
    keys.up(paths)
    tls.up(paths)
    before = {path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file()}
    keys.up(paths)
    tls.up(paths)
    assert {path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file()} == before


def test_passwords_differ(paths: LabPaths) -> None:
    keys.up(paths)
    assert len({keys.read(paths, name) for name in keys.PASSWORDS}) == len(keys.PASSWORDS)


def test_passwords_fit_into_a_replication_channel(paths: LabPaths) -> None:
    keys.up(paths)
    assert {len(keys.read(paths, name)) for name in keys.PASSWORDS} == {32}


def test_known_hosts_lists_each_managed_host_by_name_and_address(paths: LabPaths) -> None:
    keys.up(paths)
    names = [line.split()[0] for line in (paths.ssh / "known_hosts").read_text().splitlines()]
    assert names == [f"{host.name},{host.address}" for host in HOSTS if host.sshd]


@pytest.mark.parametrize("server", ["idc-db1", "aws-rds"])
def test_certificates_name_the_address_and_come_from_the_authority(paths: LabPaths, server: str) -> None:
    tls.up(paths)
    authority = x509.load_pem_x509_certificate((paths.ca / "ca.pem").read_bytes())
    certificate = x509.load_pem_x509_certificate((paths.ca / f"{server}.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(found) for found in names.get_values_for_type(x509.IPAddress)] == [ADDRESS[server]]
