"""From one medium to pieces that can be found: what it says, and where."""

from typing import assert_never

from memory.errors import TooLargeError, UndecodableError, UnsupportedMediaError
from memory.media import audio, documents, pictures
from memory.media.ocr import Ocr
from memory.media.passages import clean, line_blocks, passages, readable
from memory.media.sniff import SUPPORTED, modality_of
from memory.media.speech import Speech, Transcript, Trust
from memory.model import Anchor, Capability, MediaPart, Medium, Modality, Piece, Reading
from memory.threads import in_slow_worker, in_worker

MAX_SCANS = 10
"""Scanned pages of one document that are read; a page takes seconds."""

MAX_TEXT_BYTES = 5_000_000
"""Bytes of the largest text or source file; a whole book has about one million."""

_NOT_READ = "is stored, but not read"


class MediaReader:
    """Reads media within limits, off the event loop.

    What cannot be read here (no OCR, no speech model) is a warning; what cannot be decoded is an
    error, and then nothing of it is to be stored.
    """

    def __init__(self, ocr: Ocr, speech: Speech) -> None:
        self._ocr = ocr
        self._speech = speech

    async def read(self, part: MediaPart) -> Reading:
        """The pieces of `part`, at least one, in its order.

        Raises:
            UnsupportedMediaError: a kind that is not understood.
            TooLargeError: over the limit of its decoder.
            UndecodableError: empty, damaged, truncated or locked.
        """
        medium = part.medium
        if not medium.data:
            raise UndecodableError(f"{_called(part)} is empty: save it again and retry")
        modality = modality_of(medium.mime)
        match modality:
            case Modality.IMAGE:
                return await self._picture(part)
            case Modality.AUDIO:
                return await self._recording(part)
            case Modality.DOCUMENT:
                return await self._document(part)
            case Modality.TEXT:
                return await in_worker(_prose, part)
            case Modality.CODE:
                return await in_worker(_code, part)
            case None:
                raise UnsupportedMediaError(
                    f"{_called(part)} is {medium.mime!r}, which is not understood: give {SUPPORTED}"
                )
            case _:
                assert_never(modality)

    async def thumbnail_of(self, medium: Medium, anchor: Anchor) -> Medium | None:
        """A small copy of the picture, or of the PDF page `anchor` names; None for the rest.

        Raises:
            TooLargeError: as `read`.
            UndecodableError: as `read`, or the document has no such page.
        """
        match modality_of(medium.mime):
            case Modality.IMAGE:
                return await in_worker(pictures.thumbnail, medium.data)
            case Modality.DOCUMENT:
                return await in_worker(_page_thumbnail, medium.data, int(anchor.start) or 1)
            case _:
                return None

    def capabilities(self) -> tuple[Capability, ...]:
        """What reads each kind of medium, or why it is stored unread. Checks weights: up to 1 s."""
        no_ocr, no_speech = self._ocr.unavailable(), self._speech.unavailable()
        words = f"words not read: {no_ocr}" if no_ocr else f"words by {self._ocr.engine}"
        scans = f"scanned pages not read: {no_ocr}" if no_ocr else f"scanned pages by {self._ocr.engine}"
        speech = f"stored, but not read: {no_speech}" if no_speech else f"speech by {self._speech.engine}"
        return (
            Capability(kind="pictures", available=not no_ocr, detail=f"{words}; look-alikes by dhash"),
            Capability(kind="recordings", available=not no_speech, detail=speech),
            Capability(kind="documents", available=not no_ocr, detail=f"PDF text by pypdfium2; {scans}"),
            Capability(kind="text", available=True, detail="text and source code in any common encoding"),
        )

    async def _picture(self, part: MediaPart) -> Reading:
        image = await in_worker(pictures.decode, part.medium.data)
        text = await in_slow_worker(self._ocr.text, image)
        piece = Piece(
            modality=Modality.IMAGE,
            anchor=Anchor(),
            text=text,
            look=await in_worker(pictures.look, image),
        )
        warnings = _unread(part, await in_worker(self._ocr.unavailable))
        return Reading(pieces=(piece,), warnings=warnings, captured_at=pictures.captured_at(part.medium.data))

    async def _recording(self, part: MediaPart) -> Reading:
        sound = await in_worker(audio.samples, part.medium.data)
        spans = audio.spans(sound)
        # One call a span, so that cancelling does not wait for ten minutes of speech.
        heard = [await in_slow_worker(self._speech.transcribe, audio.slice_of(sound, span)) for span in spans]
        pieces = tuple(
            Piece(
                modality=Modality.AUDIO,
                anchor=Anchor(unit="seconds", start=span.start_s, end=span.end_s),
                text=transcript.text,
            )
            for span, transcript in zip(spans, heard, strict=True)
        )
        unread = _unread(part, await in_worker(self._speech.unavailable))
        return Reading(pieces=pieces, warnings=(*unread, *_doubts(part, spans, heard)))

    async def _document(self, part: MediaPart) -> Reading:
        texts = await in_worker(documents.pages, part.medium.data)
        scanned = [n for n, text in enumerate(texts, 1) if len(text) < documents.SCANNED_BELOW_CHARS]
        no_ocr = await in_worker(self._ocr.unavailable) if scanned else None
        for number in [] if no_ocr else scanned[:MAX_SCANS]:
            image = await in_worker(documents.scan, part.medium.data, number)
            texts[number - 1] = await in_slow_worker(self._ocr.text, image) or texts[number - 1]
        pieces = await in_worker(_page_pieces, texts)
        return Reading(pieces=pieces, warnings=_unread_scans(part, scanned, no_ocr))


def _prose(part: MediaPart) -> Reading:
    return _reading(
        part,
        [
            Piece(
                modality=Modality.TEXT,
                anchor=Anchor(unit="characters", start=passage.start, end=passage.end),
                text=passage.text,
            )
            for passage in passages(_text(part))
        ],
    )


def _code(part: MediaPart) -> Reading:
    return _reading(
        part,
        [
            Piece(
                modality=Modality.CODE,
                anchor=Anchor(unit="lines", start=block.first, end=block.last),
                text=block.text,
            )
            for block in line_blocks(_text(part))
        ],
    )


def _reading(part: MediaPart, pieces: list[Piece]) -> Reading:
    if not any(piece.text.strip() for piece in pieces):
        raise UndecodableError(f"{_called(part)} holds nothing but white space: give a file that says something")
    return Reading(pieces=tuple(pieces))


def _text(part: MediaPart) -> str:
    size = len(part.medium.data)
    if size > MAX_TEXT_BYTES:
        raise TooLargeError(
            f"{_called(part)} is a text of {size:,} bytes, over the limit of {MAX_TEXT_BYTES:,}: "
            "split it, and remember each piece as a file of its own"
        )
    text = readable(part.medium.data)
    if text is None:
        raise UndecodableError(f"{_called(part)} is not text in a known encoding: save it as UTF-8 and retry")
    return clean(text)


def _page_pieces(texts: list[str]) -> tuple[Piece, ...]:
    """Passages page by page; where no page says anything, one empty piece for the first."""
    said = [
        _page_piece(number, passage.text) for number, text in enumerate(texts, 1) for passage in passages(clean(text))
    ]
    return tuple(said) or (_page_piece(1, ""),)


def _page_piece(number: int, text: str) -> Piece:
    return Piece(modality=Modality.DOCUMENT, anchor=Anchor(unit="page", start=number, end=number), text=text)


def _page_thumbnail(data: bytes, page: int) -> Medium:
    return pictures.encoded(documents.render(data, page, 768), 768)


def _called(part: MediaPart) -> str:
    return repr(part.name) if part.name else "The file"


def _unread(part: MediaPart, reason: str | None) -> tuple[str, ...]:
    return (f"{_called(part)} {_NOT_READ}: {reason}",) if reason else ()


def _doubts(part: MediaPart, spans: list[audio.Span], heard: list[Transcript]) -> tuple[str, ...]:
    guessed, dropped = (
        ", ".join(
            f"{span.start_s:.0f}-{span.end_s:.0f} s"
            for span, transcript in zip(spans, heard, strict=True)
            if transcript.trust is trust
        )
        for trust in (Trust.GUESS, Trust.DROPPED)
    )
    name = _called(part)
    guess = f"{name} has speech that may not be English ({guessed}): the transcript is a guess"
    drop = f"{name} has speech that does not seem to be English ({dropped}): it {_NOT_READ}"
    return (*((guess,) if guessed else ()), *((drop,) if dropped else ()))


def _unread_scans(part: MediaPart, scanned: list[int], no_ocr: str | None) -> tuple[str, ...]:
    unread = scanned if no_ocr else scanned[MAX_SCANS:]
    if not unread:
        return ()
    reason = no_ocr or f"only {MAX_SCANS} scanned pages a document are read; split it to have all read"
    return (f"{_called(part)} {_NOT_READ} on page {_ranges(unread)}, which hold no text: {reason}",)


def _ranges(numbers: list[int]) -> str:
    """`[1, 2, 3, 7]` as `1-3, 7`."""
    groups: list[tuple[int, int]] = []
    for number in numbers:
        if groups and groups[-1][1] == number - 1:
            groups[-1] = (groups[-1][0], number)
        else:
            groups.append((number, number))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in groups)
