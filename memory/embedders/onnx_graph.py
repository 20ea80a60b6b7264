"""Graphs for ONNX Runtime, written here: the few parts of the format that they need.

Numbers of fields and types. Source: onnx.proto of ONNX 1.12 (IR version 8, operator set 17).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

_IR_VERSION, _OPERATORS, _CONTRIBUTED = 8, 17, 1
_FLOAT32, _FLOAT_ATTRIBUTE, _INT_ATTRIBUTE, _ELSEWHERE = 1, 1, 2, 1

CONTRIBUTED = "com.microsoft"
"""The domain of the operators that ONNX Runtime adds."""


def node(operator: str, inputs: Sequence[str], output: str, *, domain: str = "", **attributes: float) -> bytes:
    """Return one step: `operator` of `domain` makes `output` of `inputs`; an empty input is left out."""
    names = [*(_field(1, name) for name in inputs), _field(2, output), _field(4, operator), _field(7, domain)]
    return b"".join([*names, *(_field(5, _attribute(name, value)) for name, value in attributes.items())])


def model(
    nodes: Iterable[bytes],
    *,
    weights: Mapping[str, Sequence[int]],
    given: tuple[str, Sequence[int | str]],
    result: tuple[str, Sequence[int | str]],
) -> bytes:
    """Return the file of a graph of float32 tensors.

    Args:
        nodes: the steps, each after those that make its inputs.
        weights: names and shapes of the weights, which the session is given apart.
        given: name and shape of the input; a length that varies is a name.
        result: name and shape of the output.
    """
    graph = [_field(1, each) for each in nodes]
    graph.append(_field(2, "graph"))
    graph += [_field(5, _weight(name, shape)) for name, shape in weights.items()]
    graph += [_field(11, _value(*given)), _field(12, _value(*result))]
    operators = [_field(8, _field(1, "") + _field(2, _OPERATORS))]
    operators.append(_field(8, _field(1, CONTRIBUTED) + _field(2, _CONTRIBUTED)))
    return _field(1, _IR_VERSION) + _field(7, b"".join(graph)) + b"".join(operators)


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, _INT_ATTRIBUTE)
    return _field(1, name) + _field(2, value) + _field(20, _FLOAT_ATTRIBUTE)


def _weight(name: str, shape: Sequence[int]) -> bytes:
    place = _field(1, "location") + _field(2, "memory")
    sizes = b"".join(_field(1, size) for size in shape)
    return sizes + _field(2, _FLOAT32) + _field(8, name) + _field(13, place) + _field(14, _ELSEWHERE)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, _FLOAT32) + _field(2, sizes)))


def _field(number: int, value: float | str | bytes) -> bytes:
    """One field of a protobuf message; a text or a message carries its length."""
    match value:
        case int():
            return _varint(number << 3) + _varint(value)
        case float():
            return _varint(number << 3 | 5) + struct.pack("<f", value)
        case str() | bytes():
            content = value.encode() if isinstance(value, str) else value
            return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    number %= 1 << 64  # a negative one is written as its two's complement
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])
