"""The structured answers of the three tools, as far as the examples read them."""

from pydantic import BaseModel


class Remembered(BaseModel):
    """What `remember` answers."""

    id: str
    status: str
    state: str
    modalities: list[str]
    segments: int
    warnings: list[str] = []


class Hit(BaseModel):
    """One memory that `recall` found, by its best passage; what is empty of it is not sent."""

    id: str
    modality: str
    score: float | None
    why: list[str]
    passage: str
    when: str
    title: str = ""
    anchor: str = ""
    source: str = ""
    namespace: str = "default"
    resource: str = ""


class Recalled(BaseModel):
    """What `recall` answers where no pictures come with it."""

    hits: list[Hit]


class Forgotten(BaseModel):
    """What `forget` answers: the receipt."""

    status: str
    memories: int
    segments: int
    bytes: int
    erased: bool
    detail: str
