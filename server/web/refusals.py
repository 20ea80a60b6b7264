"""What went wrong, as an HTTP answer."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse

from memory.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    QuotaExceededError,
    SensoriumError,
    TooLargeError,
)

_STATUS: Final = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (QuotaExceededError, 403),
    (TooLargeError, 413),
    (InvalidInputError, 422),
)
_OTHERWISE: Final = 503
"""Nothing is wrong with what was asked: the store or the embedder cannot do it now."""


def refusal(error: SensoriumError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """`{"error": …}` with the status that fits."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), _OTHERWISE)
    return JSONResponse({"error": str(error)}, status_code=status, headers=headers)
