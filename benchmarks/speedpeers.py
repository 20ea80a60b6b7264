"""What others offer for the same: exact search by numpy, and three stores of vectors that run in one's own process.

Each is used as its documentation shows, with the index it makes by default and each write on the disk where it can be
asked to. This file runs in an environment of its own (`peers.txt`).
"""

# pyright: reportMissingImports=false, reportMissingModuleSource=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from speeddata import WIDTH, Notes
from speedengine import NEAREST, Vector

_FUSED, _DAMPING = 100, 60
"""Candidates of each kind in a hybrid search, and the constant of reciprocal rank fusion (Cormack and others, 2009)."""


class Numpy:
    """All vectors in memory, multiplied with the question's: exact, and the floor for small sizes."""

    def __init__(self, folder: Path) -> None:
        self._vectors, self._namespaces = folder / "vectors.npy", folder / "namespaces.npy"
        self._parts: list[Notes] = []

    async def open(self) -> None:
        """See `Engine`."""
        if self._vectors.exists():
            self._all: NDArray[np.float32] = np.load(self._vectors)
            self._tenants: NDArray[np.str_] = np.load(self._namespaces)

    async def fill(self, first: int, notes: Notes) -> None:  # noqa: ARG002  # they come in order
        """See `Engine`."""
        self._parts.append(notes)

    async def finish(self) -> None:
        """See `Engine`."""
        np.save(self._vectors, np.concatenate([part.vectors for part in self._parts]))
        np.save(self._namespaces, np.concatenate([part.namespaces for part in self._parts]))

    async def plain(self, vector: Vector) -> Sequence[int]:
        """See `Engine`."""
        return self._best(self._all @ vector)

    async def filtered(self, vector: Vector, namespace: str) -> Sequence[int]:
        """See `Engine`."""
        return self._best(np.where(self._tenants == namespace, self._all @ vector, -np.inf))

    async def hybrid(self, vector: Vector, words: str) -> None:  # it knows none
        """See `Engine`."""

    async def add(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        """See `Engine`.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("an array has no way to take a row in")

    @staticmethod
    def _best(cosines: NDArray[np.float32]) -> Sequence[int]:
        nearest = np.argpartition(-cosines, NEAREST)[:NEAREST]
        return [int(row) for row in nearest[np.argsort(-cosines[nearest])]]


class SqliteVec:
    """sqlite-vec's exact search, a partition a namespace, beside SQLite's own full-text index."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "vectors.db"

    async def open(self) -> None:
        """See `Engine`."""
        import apsw
        import sqlite_vec

        self._connection: Any = apsw.Connection(str(self._file))
        self._connection.enable_load_extension(enable=True)
        self._connection.load_extension(sqlite_vec.loadable_path())
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = FULL")
        columns = f"embedding float[{WIDTH}] distance_metric=cosine, namespace text partition key"
        self._run(f"CREATE VIRTUAL TABLE IF NOT EXISTS vectors USING vec0({columns})")
        self._run("CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text)")

    async def fill(self, first: int, notes: Notes) -> None:
        """See `Engine`."""
        with self._connection:
            for place, (text, namespace, vector) in enumerate(
                zip(notes.texts, notes.namespaces, notes.vectors, strict=True)
            ):
                self._insert(first + place, text, namespace, vector)

    async def finish(self) -> None:
        """See `Engine`."""
        self._run("INSERT INTO words(words) VALUES ('optimize')")
        self._run("PRAGMA wal_checkpoint(TRUNCATE)")

    async def plain(self, vector: Vector) -> Sequence[int]:
        """See `Engine`."""
        return self._nearest(vector, NEAREST)

    async def filtered(self, vector: Vector, namespace: str) -> Sequence[int]:
        """See `Engine`."""
        query = "SELECT rowid FROM vectors WHERE embedding MATCH ? AND k = ? AND namespace = ?"
        return [row for (row,) in self._run(query, (vector.tobytes(), NEAREST, namespace))]

    async def hybrid(self, vector: Vector, words: str) -> Sequence[int]:
        """See `Engine`."""
        match = " OR ".join(f'"{word}"' for word in words.split())
        query = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
        by_words = [row for (row,) in self._run(query, (match, _FUSED))]
        return _fused(self._nearest(vector, _FUSED), by_words)

    async def add(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        """See `Engine`."""
        with self._connection:
            self._insert(number, text, namespace, vector)

    def _nearest(self, vector: Vector, count: int) -> list[int]:
        query = "SELECT rowid FROM vectors WHERE embedding MATCH ? AND k = ?"
        return [row for (row,) in self._run(query, (vector.tobytes(), count))]

    def _insert(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        values = (number, vector.tobytes(), namespace)
        self._run("INSERT INTO vectors(rowid, embedding, namespace) VALUES (?, ?, ?)", values)
        self._run("INSERT INTO words(rowid, text) VALUES (?, ?)", (number, text))

    def _run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()


class Chroma:
    """chromadb's persistent client with its default graph index (HNSW)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> None:
        """See `Engine`."""
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(str(self._folder), Settings(anonymized_telemetry=False))
        self._most = client.get_max_batch_size()
        made = client.get_or_create_collection("notes", configuration={"hnsw": {"space": "cosine"}})
        self._notes: Any = made

    async def fill(self, first: int, notes: Notes) -> None:
        """See `Engine`."""
        for start in range(0, len(notes.texts), self._most):
            some = slice(start, start + self._most)
            texts = notes.texts[some]
            self._notes.add(
                ids=[str(first + start + place) for place in range(len(texts))],
                documents=texts,
                metadatas=[{"namespace": namespace} for namespace in notes.namespaces[some]],
                embeddings=notes.vectors[some],
            )

    async def finish(self) -> None:
        """Its index is made as rows come in."""

    async def plain(self, vector: Vector) -> Sequence[int]:
        """See `Engine`."""
        found = self._notes.query(query_embeddings=[vector], n_results=NEAREST, include=[])
        return [int(row) for row in found["ids"][0]]

    async def filtered(self, vector: Vector, namespace: str) -> Sequence[int]:
        """See `Engine`."""
        where = {"namespace": namespace}
        found = self._notes.query(query_embeddings=[vector], n_results=NEAREST, where=where, include=[])
        return [int(row) for row in found["ids"][0]]

    async def hybrid(self, vector: Vector, words: str) -> None:  # it knows none
        """See `Engine`."""

    async def add(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        """See `Engine`."""
        self._notes.add(
            ids=[str(number)], documents=[text], metadatas=[{"namespace": namespace}], embeddings=vector[None]
        )


class Qdrant:
    """qdrant-client's local mode: exact search in memory, over rows in an SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> None:
        """See `Engine`."""
        from qdrant_client import QdrantClient, models

        self._models: Any = models
        self._client: Any = QdrantClient(path=str(self._folder))
        if not self._client.collection_exists("notes"):
            size = models.VectorParams(size=WIDTH, distance=models.Distance.COSINE)
            self._client.create_collection("notes", vectors_config=size)

    async def fill(self, first: int, notes: Notes) -> None:
        """See `Engine`."""
        points = [
            self._point(first + place, text, namespace, vector)
            for place, (text, namespace, vector) in enumerate(
                zip(notes.texts, notes.namespaces, notes.vectors, strict=True)
            )
        ]
        self._client.upsert("notes", points)

    async def finish(self) -> None:
        """It has no index."""

    async def plain(self, vector: Vector) -> Sequence[int]:
        """See `Engine`."""
        found = self._client.query_points("notes", query=vector, limit=NEAREST, with_payload=False)
        return [point.id for point in found.points]

    async def filtered(self, vector: Vector, namespace: str) -> Sequence[int]:
        """See `Engine`."""
        is_there = self._models.FieldCondition(key="namespace", match=self._models.MatchValue(value=namespace))
        these = self._models.Filter(must=[is_there])
        found = self._client.query_points("notes", query=vector, query_filter=these, limit=NEAREST, with_payload=False)
        return [point.id for point in found.points]

    async def hybrid(self, vector: Vector, words: str) -> None:  # it knows none
        """See `Engine`."""

    async def add(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        """See `Engine`."""
        self._client.upsert("notes", [self._point(number, text, namespace, vector)])

    def _point(self, number: int, text: str, namespace: str, vector: Vector) -> object:
        payload = {"text": text, "namespace": namespace}
        return self._models.PointStruct(id=number, vector=vector.tolist(), payload=payload)


def _fused(*rankings: Sequence[int]) -> list[int]:
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1 / (_DAMPING + rank)
    return sorted(scores, key=lambda row: -scores[row])[:NEAREST]
