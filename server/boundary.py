"""Which errors a model may read: the anticipated ones, word for word; a bug only as a generic line."""

from collections.abc import Generator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from memory.errors import NotFoundError, SensoriumError


@contextmanager
def told_to_the_model() -> Generator[None]:
    """Inside a tool: anticipated errors become tool errors that carry their message.

    Anything else passes through, and the SDK answers `Error executing tool …` without a word of
    it and logs the traceback on stderr.
    """
    try:
        yield
    except SensoriumError as error:
        raise ToolError(str(error)) from error


@contextmanager
def told_to_the_reader() -> Generator[None]:
    """Inside a resource: the same, in the words of resources."""
    try:
        yield
    except NotFoundError as error:
        raise ResourceNotFoundError(str(error)) from error
    except SensoriumError as error:
        raise ResourceError(str(error)) from error
