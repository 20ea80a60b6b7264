"""What shows a segment: to whoever recalls it, and to embedders that see and hear."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from memory.embedding import Embedding
from memory.errors import DecoderLostError, InvalidInputError, NotFoundError, StoreError
from memory.media.reader import MediaReader
from memory.model import Segment
from memory.pieces import Anchor, Aspect, Medium, Modality
from memory.store.filters import one_of
from memory.store.media import View
from memory.store.store import Store
from memory.threads import in_io_thread

logger = logging.getLogger(__name__)

SEEN_PX = 1536
"""The longer side of what an embedder is given."""
_KEEPING_S = 2.0
"""How long a recall waits for its turn to keep what it shows, while others write."""
_FRAMES = 3
_EXCERPTS = frozenset({Modality.AUDIO, Modality.VIDEO, Modality.DOCUMENT})
"""What is cut out of its file for an embedder that takes it as itself."""


@dataclass(frozen=True, slots=True)
class Views:
    """Makes views of stored files, each at most once, and keeps them beside the file."""

    store: Store
    reader: MediaReader
    embedding: Embedding

    async def picture(self, segment: Segment, max_px: int, lines: Sequence[int] = ()) -> View | None:
        """What a segment looks like; of a picture, the part around some of its lines of words.

        None where there is nothing to see, or it was forgotten.

        Raises:
            UndecodableError: its file cannot be decoded any more.
        """
        if not segment.is_visible:
            return None
        aspect = Aspect(anchor=segment.anchor, boxes=segment.boxes, lines=tuple(lines))
        name = f"{_place(segment, lines)}-{max_px}"
        path = await in_io_thread(self.store.media.fetched, segment.media)
        return await self._view(segment.media, name, partial(self.reader.view, path, segment.mime, aspect, max_px))

    async def clip(self, segment: Segment) -> View | None:
        """The seconds of a recording or film that a segment is; None for anything else.

        Raises:
            UndecodableError: its file cannot be decoded any more.
        """
        if segment.anchor.unit != "seconds":
            return None
        path = await in_io_thread(self.store.media.fetched, segment.media)
        name = f"{_place(segment, ())}-clip"
        return await self._view(segment.media, name, partial(self.reader.clip, path, segment.mime, segment.anchor))

    async def _view(self, key: str, name: str, make: Callable[[], Awaitable[Medium | None]]) -> View | None:
        """A view of a file, made at most once; None where there is none, its file was forgotten, or it cannot be kept.

        Raises:
            Whatever `make` raises.
        """
        known = await in_io_thread(self.store.media.view, key, name)
        if known is not None or not self.store.is_writable:
            return known
        made = await make()
        if made is None:
            return None
        try:
            async with self.store.exclusively(_KEEPING_S):
                return await in_io_thread(self.store.media.add_view, key, name, made)
        except StoreError as error:  # no recall waits for other writers, or fails as the disk is full
            logger.warning("what shows %s is not kept, and so not shown: %s", key, error)
            return None

    async def load(self, view: View) -> Medium:
        """A view's bytes.

        Raises:
            NotFoundError: it was forgotten.
        """
        try:
            return Medium(data=await in_io_thread(view.path.read_bytes), mime=view.mime)
        except FileNotFoundError as error:
            raise NotFoundError("it was forgotten a moment ago") from error

    async def taken(self, segments: Sequence[Segment], files: Mapping[str, Path]) -> tuple[Medium, ...]:
        """What the embedder takes of these segments as itself: one medium, or some pictures; mostly nothing.

        What cannot be decoded is left out, and embedded by its words; the log says so.

        Args:
            segments: one, or the pictures that a note came with.
            files: where media lie that are not in the store yet.

        Raises:
            DecoderLostError: it may go better another time.
            NotFoundError: a file was forgotten.
        """
        found = list[Medium]()
        for segment in segments:
            if segment.anchor.unit == "region" or segment.anchor.offset or not segment.media:
                continue  # what it shows is taken with the first segment of its place
            path = files.get(segment.media) or await in_io_thread(self.store.media.fetched, segment.media)
            try:
                found += await self.of_file(path, segment.mime, segment.modality, segment.anchor)
            except DecoderLostError:
                raise
            except InvalidInputError as error:
                logger.warning("%s cannot be decoded for the embedder: %s", segment.key, error)
        return tuple(found[: max(1, self.embedding.limits.max_pictures)])

    async def of_file(self, path: Path, mime: str, modality: Modality, anchor: Anchor) -> tuple[Medium, ...]:
        """What the embedder takes as itself of a place in a file, stored or not.

        Raises:
            UndecodableError: it cannot be decoded.
            NotFoundError: it was forgotten.
        """
        native, limits = self.embedding.native, self.embedding.limits
        if modality in native and modality in _EXCERPTS:
            max_s = limits.max_audio_s if modality is Modality.AUDIO else limits.max_video_s
            excerpt = await self.reader.excerpt(path, mime, anchor, max_s, with_sound=limits.hears_films)
            return (excerpt,) if excerpt else ()
        if Modality.IMAGE not in native:
            return ()
        if modality is Modality.VIDEO:
            return tuple(await self.reader.frames(path, mime, anchor, min(limits.max_pictures, _FRAMES), SEEN_PX))
        picture = await self.reader.view(path, mime, Aspect(anchor=anchor), SEEN_PX)
        return (picture,) if picture else ()

    async def beside(self, segments: Sequence[Segment]) -> dict[str, list[Segment]]:
        """By memory, the stored pictures that notes among the segments came with, where the embedder sees."""
        notes = {segment.id for segment in segments if not segment.media}
        if not notes or Modality.IMAGE not in self.embedding.native:
            return {}
        images = await self.store.select(f"{one_of('id', notes)} AND {one_of('modality', [Modality.IMAGE])}")
        pictures = [image for image in images if image.is_picture]
        return {id_: [picture for picture in pictures if picture.id == id_] for id_ in notes}


def _place(segment: Segment, lines: Sequence[int]) -> str:
    """A name for a segment's place in its file, fit for a file name."""
    place = f"{segment.anchor.unit}-{segment.anchor.start:g}-{segment.anchor.end:g}"
    return f"{place}-lines-{'-'.join(map(str, lines))}" if lines else place
