"""What the engine raises."""


def is_engines(error: BaseException) -> bool:
    """Whether an error is the engine's; on damaged files it panics too, in classes that cannot be imported."""
    return isinstance(error, (RuntimeError, OSError, ValueError)) or type(error).__module__.startswith("pyo3_")
