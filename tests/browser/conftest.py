from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import partial

import pytest
from browser.library import fill
from browser.looking import FLAGS, chromium, looking
from browser.serving import Served, served
from playwright.sync_api import Browser, Page, sync_playwright

Look = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("there is no Chromium here: install it (apt-get install chromium), or say CHROMIUM=where it lies")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
        yield browser


@pytest.fixture
def look(browser: Browser) -> Look:
    return partial(looking, browser)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[Served]:  # noqa: ARG001  # skips
    """A filled store that no test changes."""
    with served(tmp_path_factory.mktemp("library") / "store") as server:
        fill(server)
        yield server


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[Served]:  # noqa: ARG001  # likewise
    """A store that tests add to and take from, each with words of its own."""
    with served(tmp_path_factory.mktemp("desk") / "store") as server:
        yield server
