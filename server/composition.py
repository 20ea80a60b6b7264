"""The composition root: from settings to an open backend. Importing it loads the heavy libraries."""

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from memory.embedding import Embedding
from memory.errors import ConfigurationError
from memory.media.decoding import Engines
from memory.media.reader import MediaReader
from memory.model import Quota
from memory.pieces import Modality
from memory.service import MemoryService
from memory.sources.sources import Sources, default_roots
from memory.sources.spool import Spool
from memory.sources.uploads import Uploads
from memory.store.store import Store
from server.choosing import choose_embedder
from server.settings import Settings
from server.warming import Backend

if TYPE_CHECKING:
    from server.web.signing import Links


@asynccontextmanager
async def open_backend(
    settings: Settings, *, is_local: bool, quota: Quota | None = None, links: "Links | None" = None
) -> AsyncGenerator[Backend]:
    """Open the store and everything that works on it.

    Args:
        settings: what the user has set.
        is_local: whether the client shares the machine; others may name no files, and upload them instead.
        quota: what an owner may hold; by default any amount.
        links: signs addresses of media.

    Raises:
        ConfigurationError: a setting cannot work.
        StoreError: the store cannot be opened.
    """
    store = await open_store(settings)
    async with aclosing(await choose_embedder(settings, await store.table.spaces())) as chosen:
        reader = build_reader(settings, chosen.embedding)
        service = await MemoryService.open(settings.home, store, chosen.embedding, reader, chosen.batches)
        in_use = f"memory in {store.place}; embedder {chosen.embedding.name}"
        sys.stderr.write(f"sensorium {version('sensorium')}: {in_use}\n")
        sys.stderr.flush()
        with closing(service.spool) as spool:
            where = sources(settings, spool, None if is_local else service.uploads)
            yield Backend(service=service, sources=where, shows_paths=is_local, quota=quota or Quota(), links=links)


async def open_store(settings: Settings) -> Store:
    """The store that the settings name.

    Raises:
        ConfigurationError: the folder cannot be used.
        StoreError: it holds a table this version cannot read.
    """
    try:
        return await Store.open(settings.home, settings.uri)
    except OSError as error:
        told = f"SENSORIUM_HOME={str(settings.home)!r} cannot be used as a folder: {error}"
        raise ConfigurationError(told) from error


def build_reader(settings: Settings, embedding: Embedding) -> MediaReader:
    """What reads media on this machine, in pieces that the embedder takes."""
    return MediaReader(engines_for(settings, embedding))


def engines_for(settings: Settings, embedding: Embedding) -> Engines:
    """What reads words and speech, and how long pieces of recordings and films may be."""
    native, limits = embedding.native, embedding.limits
    engines = Engines(keep_location=settings.keep_location, hears=Modality.AUDIO in native)
    if Modality.AUDIO in native:
        engines = replace(engines, max_audio_s=min(engines.max_audio_s, limits.max_audio_s))
    if Modality.VIDEO in native:
        engines = replace(engines, max_video_s=min(engines.max_video_s, limits.max_video_s))
    return engines


def places(settings: Settings, *, is_local: bool) -> tuple[tuple[Path, ...], bool]:
    """The folders files may come from, and whether the web: without a word from the user, for a local client only."""
    roots = settings.roots if settings.roots is not None else (default_roots() if is_local else ())
    return roots, settings.allow_urls if settings.allow_urls is not None else is_local


def sources(settings: Settings, spool: Spool, uploads: Uploads | None) -> Sources:
    """Where files come from, and where they wait; with `uploads`, for clients on other machines."""
    roots, allow_urls = places(settings, is_local=uploads is None)
    max_bytes = settings.max_file_mb * 2**20
    mine = uploads.limited(max_bytes) if uploads else None
    return Sources(spool=spool, roots=roots, allow_urls=allow_urls, max_bytes=max_bytes, uploads=mine)
