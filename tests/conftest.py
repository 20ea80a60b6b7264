import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import trustme
from harness import Tools, connected
from hypothesis import settings

# No test asserts a time: a machine with other work must not fail one.
settings.register_profile("sensorium", deadline=None)
settings.load_profile("sensorium")

# A shell has its background jobs ignore an interrupt, and so would every command that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def trusted_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(autouse=True)
def few_authorities(request: pytest.FixtureRequest, trusted_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of services load whom they trust: 120 ms for everybody, 6 for one, and no service is asked by mistake."""
    if "live" not in request.keywords:
        monkeypatch.setenv("SSL_CERT_FILE", trusted_file)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with connected(tmp_path / "store") as tools:
        yield tools
