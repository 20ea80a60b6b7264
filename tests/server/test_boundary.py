import pytest
from mcp.server.mcpserver.exceptions import ResourceError, ToolError, UnexpectedToolError

from memory import errors
from server.boundary import told_to_the_model, told_to_the_reader


def _all_errors(base: type[errors.SensoriumError]) -> list[type[errors.SensoriumError]]:
    return [base, *(deeper for one in base.__subclasses__() for deeper in _all_errors(one))]


@pytest.mark.parametrize("error", _all_errors(errors.SensoriumError))
def test_every_anticipated_error_reaches_the_model_word_for_word(error: type[errors.SensoriumError]) -> None:
    with pytest.raises(ToolError, match="what to do") as caught, told_to_the_model():
        raise error("what happened, and what to do")
    assert not isinstance(caught.value, UnexpectedToolError)
    with pytest.raises(ResourceError, match="what to do"), told_to_the_reader():
        raise error("what happened, and what to do")


@pytest.mark.parametrize("error", [ValueError, KeyError, OSError, RuntimeError])
def test_a_bug_is_not_dressed_up_as_an_anticipated_error(error: type[Exception]) -> None:
    with pytest.raises(error), told_to_the_model():
        raise error("a secret")


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = errors.__doc__ or ""
    assert all(one.__name__ in drawn for one in _all_errors(errors.SensoriumError))
