"""ONNX Runtime, imported where it is first needed, with the reports to its vendor switched off."""

import os
from importlib import import_module
from typing import Any

_SILENCE = "ORT_DISABLE_TELEMETRY"
"""Read when the library is loaded: its function `disable_telemetry_events` comes too late.

Source: ONNX Runtime 1.31.1, seen on Linux: without it, an import alone makes a device id and a queue of events below
the cache folder of the user, for an address of the vendor.
"""


def onnxruntime() -> Any:
    """Import ONNX Runtime, directly or by what a caller imports next, so that it reports nothing and writes nothing.

    Raises:
        ImportError: it is not installed.
    """
    os.environ[_SILENCE] = "1"
    return import_module("onnxruntime")
