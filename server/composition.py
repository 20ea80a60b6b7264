"""The composition root: from settings to an open backend. Importing it loads the heavy libraries."""

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import anyio

from memory.embedders.batched import Batched
from memory.embedders.gemini import GeminiEmbedder
from memory.embedders.guarded import Guarded
from memory.embedders.local import Rung, choose
from memory.embedders.protocol import Embedder
from memory.embedding import Embedding
from memory.errors import ConfigurationError
from memory.media.decoding import Engines
from memory.media.reader import MediaReader
from memory.service import MemoryService
from memory.sources.sources import Sources, default_roots
from memory.sources.spool import Spool
from memory.store.store import Store
from server.settings import Settings
from server.warming import Backend

REMOTE_DEADLINE_S = 30.0
"""How long one batch may take over the network."""
CLOSE_S = 5.0
"""How long closing the network client may take, also while the server is being cancelled."""
LOCAL_DEADLINE_S = 300.0
"""How long one batch may take on a busy machine: four Chinese passages are 20 s of one free core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The embedder that the settings and this machine lead to, and how it came to that."""

    embedding: Embedding
    rungs: tuple[Rung, ...] = ()
    gemini: GeminiEmbedder | None = None

    async def aclose(self) -> None:
        """Let go of the network, where the embedder uses it."""
        if self.gemini is not None:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await self.gemini.aclose()


@asynccontextmanager
async def open_backend(settings: Settings, *, is_local: bool) -> AsyncGenerator[Backend]:
    """Open the store and everything that works on it; `is_local` when the client shares the machine.

    Raises:
        ConfigurationError: a setting cannot work.
        StoreError: the store cannot be opened.
    """
    store = await open_store(settings.home)
    async with aclosing(await choose_embedder(settings, await store.table.spaces())) as chosen:
        service = await MemoryService.open(settings.home, store, chosen.embedding, build_reader(settings))
        in_use = f"memory in {settings.home}; embedder {chosen.embedding.name}"
        sys.stderr.write(f"sensorium {version('sensorium')}: {in_use}\n")
        sys.stderr.flush()
        with closing(service.spool) as spool:
            where = sources(settings, spool, is_local=is_local)
            yield Backend(service=service, sources=where, shows_paths=is_local)


async def open_store(home: Path) -> Store:
    """The store in `home`.

    Raises:
        ConfigurationError: the folder cannot be used.
        StoreError: it holds a table this version cannot read.
    """
    try:
        return await Store.open(home)
    except OSError as error:
        raise ConfigurationError(f"SENSORIUM_HOME={str(home)!r} cannot be used as a folder: {error}") from error


def build_reader(settings: Settings) -> MediaReader:
    """What reads media on this machine."""
    return MediaReader(Engines(keep_location=settings.keep_location))


def places(settings: Settings, *, is_local: bool) -> tuple[tuple[Path, ...], bool]:
    """The folders files may come from, and whether the web: without a word from the user, for a local client only."""
    roots = settings.roots if settings.roots is not None else (default_roots() if is_local else ())
    return roots, settings.allow_urls if settings.allow_urls is not None else is_local


def sources(settings: Settings, spool: Spool, *, is_local: bool) -> Sources:
    """Where files come from, and where they wait."""
    roots, allow_urls = places(settings, is_local=is_local)
    return Sources(spool=spool, roots=roots, allow_urls=allow_urls, max_bytes=settings.max_file_mb * 2**20)


async def choose_embedder(settings: Settings, stored: dict[str, int]) -> Chosen:
    """The embedder to use with a store that holds these spaces.

    Raises:
        ConfigurationError: Gemini was asked for and there is no key.
    """
    key = settings.gemini_api_key.get_secret_value() if settings.gemini_api_key else ""
    if settings.embedder == "none":
        return Chosen(embedding=Embedding(None, "SENSORIUM_EMBEDDER is 'none'"))
    if settings.embedder == "gemini" and not key:
        raise ConfigurationError("SENSORIUM_EMBEDDER is 'gemini': set GEMINI_API_KEY, or choose 'local'")
    if settings.embedder == "gemini" or (settings.embedder == "auto" and key):
        gemini = GeminiEmbedder(key, dimensions=settings.dimensions, base_url=settings.gemini_base_url)
        return Chosen(embedding=Embedding(_wrapped(gemini, deadline_s=REMOTE_DEADLINE_S)), gemini=gemini)
    return await _choose_local(settings, stored)


async def _choose_local(settings: Settings, stored: dict[str, int]) -> Chosen:
    choice = await choose(stored, cache=settings.home / "engines.json")
    if choice.embedder is None:
        reasons = "; ".join(f"{rung.name}: {rung.reason}" for rung in choice.rungs)
        return Chosen(embedding=Embedding(None, f"no offline embedder runs here ({reasons})"), rungs=choice.rungs)
    embedder = _wrapped(choice.embedder, deadline_s=LOCAL_DEADLINE_S)
    return Chosen(embedding=Embedding(embedder), rungs=choice.rungs)


def _wrapped(embedder: Embedder, *, deadline_s: float) -> Embedder:
    # Guarded inside: a deadline and a retry concern one batch, not all of them.
    return Batched(Guarded(embedder, deadline_s=deadline_s))
