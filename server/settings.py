"""Settings: one frozen class, read from `SENSORIUM_…` in the environment when it is made."""

import os
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from memory.errors import ConfigurationError
from memory.sources.sources import MAX_BYTES

_NO_FOLDERS = "none"


def _paths(value: object) -> object:
    if isinstance(value, str):
        return () if value.strip() == _NO_FOLDERS else tuple(part for part in value.split(os.pathsep) if part)
    return value


def _absolute(value: Path) -> Path:
    try:
        path = value.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{str(value)!r} begins with a home that is not known; give a full path") from error
    if not path.is_absolute():
        raise ValueError(f"{str(value)!r} is relative, and would be another folder for each client; give a full path")
    return path


def _data_folder() -> Path:
    return Path(platformdirs.user_data_dir("sensorium", appauthor=False))


class Settings(BaseSettings):
    """Everything a user can set; each default works offline, and an empty variable counts as not set.

    The order is the order of the README's table, which a test compares with this class.
    """

    model_config = SettingsConfigDict(
        env_prefix="SENSORIUM_", env_ignore_empty=True, frozen=True, extra="ignore", populate_by_name=True
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=_data_folder, description="Folder of the store; created where missing."
    )
    uri: str = Field(
        default="",
        description="`s3://bucket/folder`: memories and media in a bucket, which several servers may share; the folder "
        "then keeps only copies and what is this machine's own. Needs the extra `s3`, and `AWS_…` variables.",
    )
    embedder: Literal["auto", "local", "gemini", "openai", "gemma", "none"] = Field(
        default="auto",
        description="`auto`: Gemini where its key or Vertex AI is set, else the offline default. `openai`: OpenAI, "
        "Jina or a server that speaks their API. `gemma`: EmbeddingGemma 2 on this machine. `none`: words only.",
    )
    model: str | None = Field(
        default=None,
        description="Model of `openai` (default `text-embedding-3-large`; also `jina-embeddings-v3`, or any that your "
        "server has), or folder or name of `gemma`'s.",
    )
    gemini_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        description="Key for Gemini Embedding 2, under the vendor's own names.",
    )
    gemini_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("SENSORIUM_GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"),
        description="Another address for the Gemini API.",
    )
    vertexai: bool = Field(
        default=False,
        validation_alias=AliasChoices("GOOGLE_GENAI_USE_VERTEXAI"),
        description="Gemini through Vertex AI, with `GOOGLE_CLOUD_PROJECT`, `GOOGLE_CLOUD_LOCATION` and the machine's "
        "Google credentials, instead of a key.",
    )
    openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("OPENAI_API_KEY", "JINA_API_KEY"),
        description="Key for `openai`, under the vendors' own names; used only where that embedder is chosen.",
    )
    openai_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("SENSORIUM_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="Where `openai` is asked: Ollama, vLLM, LM Studio and others.",
    )
    late_chunking: bool = Field(
        default=False, description="Whether Jina's model reads the pieces of one document together."
    )
    dimensions: int | None = Field(
        default=None, ge=32, le=4096, description="Width of vectors where it can be chosen; Gemini's default is 768."
    )
    max_spend: float | None = Field(
        default=None, gt=0, description="Dollars that embedding may cost in a day (UTC); the rest waits for the next."
    )
    requests_per_minute: int | None = Field(
        default=None, ge=1, description="Pace of a paid embedder; each piece counts as one request."
    )
    tokens_per_minute: int | None = Field(default=None, ge=1, description="Likewise, in tokens.")
    roots: Annotated[
        tuple[Annotated[Path, AfterValidator(_absolute)], ...] | None, NoDecode, BeforeValidator(_paths)
    ] = Field(
        default=None,
        description="Folders that `files` may name: full paths joined like PATH, or `none`. Default on stdio: the home "
        "directory without hidden folders, and the working directory; over HTTP: none.",
    )
    allow_urls: bool | None = Field(
        default=None,
        description="Whether `files` may name https addresses. Default: yes on stdio, no over HTTP.",
    )
    max_file_mb: int = Field(default=MAX_BYTES // 2**20, ge=1, le=4096, description="Largest file taken, in MiB.")
    keep_location: bool = Field(
        default=False,
        description="Whether where a photo was taken is kept, as the metadata `latitude` and `longitude`.",
    )
    tokens: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer tokens of a server over HTTP, as `name=sha256` with spaces between: "
        "`sensorium token add NAME --print-only` makes one. Beside those that `sensorium token add` keeps.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", description="What is logged on stderr."
    )


def variables(name: str) -> tuple[str, ...]:
    """The environment variables that set a field, the first of them set winning."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(map(str, alias.choices))
    return (f"SENSORIUM_{name.upper()}",)


def read_settings() -> Settings:
    """The settings as the environment has them now.

    Raises:
        ConfigurationError: a value cannot work; says which.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ConfigurationError(f"a setting cannot be used: {wrong}") from error
