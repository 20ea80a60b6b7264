"""Gemini Embedding 2: all modalities in one space, over the network."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio
import numpy as np
from numpy.typing import NDArray

from memory.concurrency import all_of
from memory.embedders.gemini_files import Sleep, all_stored
from memory.embedders.gemini_model import DIMENSIONS, LIMITS, MODEL, UNRELATED, Vertex, usage_of
from memory.embedders.gemini_requests import Input, Prompt, grouped, inputs
from memory.embedders.prompts import document_text, query_text
from memory.embedders.protocol import Content, Space, Vectors
from memory.embedders.rows import unit_rows
from memory.errors import ConfigurationError, EmbeddingRefusedError, SpoiltAnswerError
from memory.pieces import Modality
from memory.threads import in_io_thread
from memory.usage import Usage

if TYPE_CHECKING:
    from memory.embedders.gemini_wire import Answer, Connection

VERTEX_CALLS = 8
"""Requests to Vertex AI at the same time: it takes one content in each."""

Paid = Callable[[Usage], Awaitable[None]]
"""Told what each answered request has used."""


class GeminiEmbedder:
    """Gemini Embedding 2 through the Gemini API, or through Vertex AI.

    Text carries its task as a prefix; media go beside it, and are fused with it into one vector.
    Contents are checked before any is sent. A call is split where it is too much for one request;
    media too large for a request are stored with the service and deleted after it. Nothing is
    tried again here. The network client is made at the first call, and belongs to the event loop
    of it.

    Args:
        api_key: never shown in a message or a representation; not used with `vertex`.
        vertex: where Vertex AI is; None for the Gemini API.
        dimensions: width of a vector, within `DIMENSIONS`.
        base_url: another place that speaks the same API; None for the vendor's own.
        timeout_s: seconds the network may stay silent.
        paid: awaited after each answered request with what it used, whether its answer is good or not.
        sleep: waits that many seconds.

    Raises:
        ConfigurationError: a key that cannot be one, or a width the model does not answer.
    """

    native = frozenset(Modality)
    unrelated = UNRELATED

    def __init__(
        self,
        api_key: str = "",
        *,
        vertex: Vertex | None = None,
        dimensions: int = 768,
        base_url: str | None = None,
        timeout_s: float = 60.0,
        paid: Paid | None = None,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        # A key with a line break would be quoted by the HTTP library's error.
        if vertex is None and (not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key):
            raise ConfigurationError("The Gemini API key is empty or holds characters that no key holds.")
        if dimensions not in DIMENSIONS:
            raise ConfigurationError(
                f"{MODEL!r} answers {DIMENSIONS[0]} to {DIMENSIONS[-1]} dimensions, not {dimensions!r}."
            )
        kind = "gemini" if vertex is None else "vertex"
        self.space = Space(embedder=kind, model=MODEL, revision="ga", dimensions=dimensions, prompt="p2")
        # On Vertex AI each content is a request: those that others have answered are lost with one that fails.
        self.limits = replace(LIMITS, hears_films=True, max_batch=VERTEX_CALLS) if vertex else LIMITS
        self._account = vertex or api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._paid = paid
        self._sleep = sleep
        self._connection: Connection | None = None
        self._connecting = threading.Lock()

    @property
    def on_vertex(self) -> bool:
        """Whether it goes through Vertex AI."""
        return isinstance(self._account, Vertex)

    async def embed_documents(self, contents: Sequence[Content]) -> Vectors:
        """See `Embedder`.

        Raises:
            EmbeddingUnavailableError: network, overload, rate or daily quota, a damaged answer.
            AccountRefusedError: key or credentials, billing, permission.
            EmbeddingRefusedError: a content that the model does not take.
        """
        return await self._embed(document_text, contents)

    async def embed_queries(self, contents: Sequence[Content]) -> Vectors:
        """See `Embedder`.

        Raises:
            EmbeddingUnavailableError: network, overload, rate or daily quota, a damaged answer.
            AccountRefusedError: key or credentials, billing, permission.
            EmbeddingRefusedError: a content that the model does not take.
        """
        return await self._embed(query_text, contents)

    async def connected(self) -> "Connection":
        """Return its connection, made now if it is the first call.

        Raises:
            AccountRefusedError: there are no credentials.
            EmbeddingUnavailableError: they cannot be checked now.
        """
        return self._connection or await in_io_thread(self._connect)

    async def aclose(self) -> None:
        """Close the network client; a later call makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _embed(self, prompt: Prompt, contents: Sequence[Content]) -> Vectors:
        found = inputs(contents, prompt, hears_films=self.on_vertex)
        if self.on_vertex:
            rows = await self._one_by_one(found)
        else:
            rows = [row for group in grouped(found) for row in await self._request(group)]
        return unit_rows(_stacked(rows, self.space.dimensions), count=len(contents), dimensions=self.space.dimensions)

    async def _request(self, group: list[Input]) -> list[list[float]]:
        """As many vectors as inputs, from one request to the Gemini API."""
        connection = await self.connected()
        async with all_stored(connection, group, self._sleep) as sent:
            return await self._taken(await connection.embed(sent, self.space.dimensions), group)

    async def _one_by_one(self, found: Sequence[Input]) -> list[list[float]]:
        """A vector an input, from Vertex AI; after a failure no further request is begun."""
        for each in found:
            if not each.is_inline:
                raise EmbeddingRefusedError(
                    f"{each.media_bytes} bytes of media are over the {LIMITS.max_bytes} that one request to "
                    "Vertex AI may hold: make them smaller."
                )
        return await all_of([partial(self._ask_vertex, each) for each in found], at_once=VERTEX_CALLS)

    async def _ask_vertex(self, given: Input) -> list[float]:
        connection = await self.connected()
        answer = await connection.embed_one(given, self.space.dimensions)
        (row,) = await self._taken(answer, [given])
        if answer.is_cut:
            raise EmbeddingRefusedError("Vertex AI has cut a content off at its limit: give it less text or media.")
        return row

    async def _taken(self, answer: "Answer", group: Sequence[Input]) -> list[list[float]]:
        """The answer's vectors, paid for, one an input."""
        if self._paid is not None:
            contents = [each.content for each in group]
            usage = usage_of(contents, counted=answer.tokens, hears_films=self.on_vertex)
            # It has been billed: a caller that gives up now must not hide that.
            with anyio.CancelScope(shield=True):
                await self._paid(usage)
        if len(answer.vectors) != len(group):
            raise SpoiltAnswerError(
                f"Gemini answered {len(answer.vectors)} vectors for {len(group)} contents: try again."
            )
        return answer.vectors

    def _connect(self) -> "Connection":
        with self._connecting:
            if self._connection is None:
                # The SDK takes a second to import: not before it is needed, and in a thread.
                from memory.embedders.gemini_wire import Connection  # noqa: PLC0415 -- see above

                self._connection = Connection(self._account, self._base_url, self._timeout_s)
            return self._connection


def _stacked(rows: Sequence[Sequence[float]], dimensions: int) -> NDArray[np.float32]:
    """The rows as one array; a width that is not the space's is left for `unit_rows` to refuse."""
    odd = next((len(row) for row in rows if len(row) != dimensions), dimensions)
    if odd != dimensions:
        return np.zeros((len(rows), odd), dtype=np.float32)
    return np.array(rows, dtype=np.float32).reshape(len(rows), dimensions)
