"""One S3 service for all tests of this folder, a new bucket for each."""

import secrets
from collections.abc import Generator

import pytest
from replicas.s3 import Service, listening


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Generator[Service]:
    with listening(tmp_path_factory.mktemp("s3") / "log") as service:
        yield service


@pytest.fixture
def uri(service: Service, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in service.variables.items():
        monkeypatch.setenv(name, value)
    return service.bucket(f"team-{secrets.token_hex(6)}")
