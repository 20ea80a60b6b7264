"""Embedders: interchangeable ways of turning contents into vectors of one space.

Engines, each an `Embedder`:

- `gemini`: Gemini Embedding 2 over the network; text and pictures.
- `e5`: multilingual-e5-small in 4 bits; text, offline.
- `minilm`: all-MiniLM-L6-v2 in 8 bits; English text, offline, on every platform.
- `fake`: deterministic hashing, for tests; text and pictures.

Wrappers, each an `Embedder` around another:

- `batched`: cuts calls to the size the engine takes.
- `guarded`: deadline, retries, circuit breaker, checks of the answer.

What they stand on:

- `protocol`: `Embedder`, `Content`, `Space` and the other words.
- `local`: which offline engine this machine runs and this store keeps; `probe` runs one in a
  child process, `probe_cache` keeps the outcome.
- `wording`: contents as the text an engine reads. `rows`: answers as unit vectors.
- `sendable`: pictures as the formats Gemini takes. `gemini_wire`: its requests and errors.

Importing this package loads nothing; importing an engine's module loads no model, and no
network client unless it is `gemini_wire`.
"""
