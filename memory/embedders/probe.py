"""What the child process runs to find out whether an offline engine works here.

`python -P -m memory.embedders.probe NAME` ends with 0, or with 1 and the reason as the last line
of its standard error, or dies of a signal: which is why it is another process.
"""

import sys

import anyio

from memory.embedders.e5 import E5Embedder
from memory.embedders.minilm import MiniLMEmbedder
from memory.embedders.protocol import Content, Embedder
from memory.errors import EmbeddingUnavailableError, SensoriumError

QUESTION = Content(text="Where do cats like to sleep?")
ANSWER = Content(text="Our cat always naps on the sofa.")
OTHER = Content(text="The interest rate rose by two percent.")


async def run(embedder: Embedder) -> None:
    """Embed three texts, and compare them.

    Raises:
        EmbeddingRefusedError: the engine cannot be loaded.
        EmbeddingUnavailableError: its vectors are of no use.
    """
    documents = await embedder.embed_documents([ANSWER, OTHER])
    near, far = documents @ (await embedder.embed_queries([QUESTION]))[0]
    if near <= far:
        raise EmbeddingUnavailableError("its vectors do not tell related texts from unrelated ones")


def main(name: str) -> None:
    """Run the engine called `name`, `e5` or `minilm`, and end the process."""
    embedders: dict[str, type[Embedder]] = {"e5": E5Embedder, "minilm": MiniLMEmbedder}
    try:
        anyio.run(run, embedders[name]())
    except SensoriumError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
