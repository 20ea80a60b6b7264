"""Contents as the text an engine reads."""

from memory.embedders.protocol import Content, Limits
from memory.errors import EmbeddingRefusedError

TITLE_CHARS = 200
"""Characters of a title that take part in a vector; a longer one would drown the text."""


def readable(text: str) -> str:
    """Return `text` as every engine can encode it: without NUL and lone surrogates.

    A NUL, where C engines stop reading, becomes a space; a lone surrogate, which UTF-8 cannot
    hold, becomes U+FFFD; a surrogate pair becomes the character it stands for.
    """
    return text.replace("\0", " ").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def heading(content: Content) -> str:
    """Return the readable title on one line, of at most `TITLE_CHARS` characters."""
    return " ".join(readable(content.title).split())[:TITLE_CHARS]


def body(content: Content, limits: Limits) -> str:
    """Return the readable text.

    Raises:
        EmbeddingRefusedError: it is longer than `limits.max_text_chars`.
    """
    if len(content.text) > limits.max_text_chars:
        raise EmbeddingRefusedError(
            f"A text of {len(content.text)} characters is over the embedder's limit of "
            f"{limits.max_text_chars}: cut it into segments first."
        )
    return readable(content.text)


def titled(content: Content, limits: Limits) -> str:
    """Return title, newline, text; or the one of them there is.

    Raises:
        EmbeddingRefusedError: the text is longer than `limits.max_text_chars`.
    """
    return "\n".join(part for part in (heading(content), body(content, limits)) if part)
