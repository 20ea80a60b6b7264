"""Every error a caller of `memory` may meet.

    SensoriumError
    ├── InvalidInputError           what was given cannot be used; nothing was stored
    │   ├── UnsupportedMediaError   a kind of content that is not understood
    │   ├── TooLargeError           over a stated limit
    │   ├── UndecodableError        damaged, truncated or empty content
    │   │   └── DecoderLostError    its decoder died or was stopped: it may go better another time
    │   ├── SourceNotAllowedError   a place that may not be read
    │   └── QuotaExceededError      more than its owner may hold
    ├── NotFoundError               no such memory, or it belongs to someone else
    ├── ForbiddenError              whoever asks may not do this
    ├── EmbeddingError
    │   ├── EmbeddingUnavailableError   passing: try again (`retry_after_s`)
    │   │   ├── SpoiltAnswerError       an answer that is of no use, and may have been paid for
    │   │   └── SpendLimitError         today's limit is reached; goes on tomorrow
    │   └── EmbeddingRefusedError       final: this content is not taken
    │       └── AccountRefusedError     final for every content: key, billing, permission
    ├── StoreError
    │   ├── SpaceMismatchError      vectors of another space or width
    │   └── StoreBusyError          another process writes for too long; try again
    └── ConfigurationError          a setting that cannot work

Messages say what happened and what to do about it. An error of a third-party library is
translated in the one module that imports the library.
"""


class SensoriumError(Exception):
    """Base of all anticipated errors; its message is fit for a model to read."""


class InvalidInputError(SensoriumError):
    """What was given cannot be used as it is; nothing was stored."""


class UnsupportedMediaError(InvalidInputError):
    """The content is of a kind that is not understood."""


class TooLargeError(InvalidInputError):
    """The content is over a stated limit."""


class UndecodableError(InvalidInputError):
    """The content is damaged, truncated or empty."""


class DecoderLostError(UndecodableError):
    """What decodes the content died, or was stopped for what it took."""


class SourceNotAllowedError(InvalidInputError):
    """The content lies where this server may not read."""


class QuotaExceededError(InvalidInputError):
    """The owner may not hold, or ask, as much."""


class NotFoundError(SensoriumError):
    """There is no such memory for this owner."""


class ForbiddenError(SensoriumError):
    """Whoever asks may not do this."""


class EmbeddingError(SensoriumError):
    """The embedder gave no usable vectors."""


class EmbeddingUnavailableError(EmbeddingError):
    """The embedder cannot answer now; the same call may succeed later.

    Attributes:
        retry_after_s: seconds the embedder asked to wait, or None where it said nothing.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EmbeddingRefusedError(EmbeddingError):
    """The embedder will never accept this call."""


class SpoiltAnswerError(EmbeddingUnavailableError):
    """The embedder answered, and nothing can be done with it; to ask again may cost again."""


class SpendLimitError(EmbeddingUnavailableError):
    """What may be spent in a day has been spent."""


class AccountRefusedError(EmbeddingRefusedError):
    """The embedder takes nothing at all until its key, billing or permission is mended."""


class StoreError(SensoriumError):
    """The store could not do what was asked."""


class SpaceMismatchError(StoreError):
    """Vectors of one embedding space were offered to another."""


class StoreBusyError(StoreError):
    """Another process has held the store for too long; the call may be repeated."""


class ConfigurationError(SensoriumError):
    """A setting has a value that cannot work."""
