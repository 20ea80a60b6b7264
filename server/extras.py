"""The optional parts of the product: which are installed, and what brings those that are not."""

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A group of packages that `pip install 'sensorium[name]'` adds.

    Attributes:
        packages: what must be there for it, by the names they are imported by.
        gives: what it is for.
    """

    name: str
    packages: tuple[str, ...]
    gives: str

    @property
    def is_installed(self) -> bool:
        """Whether all its packages are found; none is imported."""
        return all(find_spec(package) for package in self.packages)

    @property
    def mend(self) -> str:
        """How it gets here."""
        return f"pip install 'sensorium[{self.name}]'"


EXTRAS = (
    Extra(name="openai", packages=("openai",), gives="vectors of OpenAI, Jina, Ollama, vLLM and the like"),
    Extra(name="s3", packages=("obstore",), gives="a store in a bucket, for several servers"),
    Extra(
        name="gemma",
        packages=("sentence_transformers", "transformers", "torch", "torchvision"),
        gives="EmbeddingGemma 2 on this machine",
    ),
)
"""All there are, as in pyproject.toml."""


def missing() -> tuple[Extra, ...]:
    """Those that are not installed."""
    return tuple(extra for extra in EXTRAS if not extra.is_installed)
