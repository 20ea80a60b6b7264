"""The way out: which memories, a code that says yes to exactly these, and their erasure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from memory.checks import MAX_LABEL_CHARS, MAX_QUERY_CHARS, check_filters, named, require_text
from memory.embedders.cached import QueryCache
from memory.embedders.jobs import Jobs
from memory.errors import InvalidInputError, NotFoundError
from memory.fingerprints import mark
from memory.imports import Imports
from memory.model import Receipt, SearchFilter
from memory.phrases import pattern_of, phrases_of
from memory.requests import Proposal
from memory.sources.spool import Spool
from memory.sources.uploads import Uploads
from memory.store.filters import one_of, says, visible
from memory.store.store import Store
from memory.terms import MAX_QUERY_TERMS, query_words
from memory.threads import in_io_thread

LET_GO_S = 5.0
"""How often every process looks whether something was erased that it still has open."""
SAMPLES = 5
"""Memories shown of what would go."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Erases memories: at once by id, by filter only after a look at what would go."""

    store: Store
    queries: QueryCache
    jobs: Jobs
    imports: Imports
    spool: Spool
    uploads: Uploads

    async def erase(self, ids: Sequence[str]) -> Receipt:
        """Erase these memories, and before them what is kept of them beside the store.

        That is every question, as one may have shown what goes, batch jobs that embed it, of
        whichever embedder they are, uploads of the same files, which files they were imported from, and copies that
        processes left which died.

        Raises:
            StoreError: something could not be erased.
        """
        others = await in_io_thread(self.spool.sweep)
        await self.queries.clear()
        rows = await self.store.table.records(one_of("id", ids), ["id", "segment", "fingerprint", "owner", "media"])
        for owner in {row["owner"] for row in rows}:
            files = {PurePosixPath(row["media"]).stem for row in rows if row["owner"] == owner and row["media"]}
            await in_io_thread(self.uploads.erase, owner, files)
        await self.imports.forget(ids)
        await self.jobs.doom({mark(row["fingerprint"], (row["id"], row["segment"])) for row in rows})
        receipt = await self.store.erasure.erase(ids)
        return replace(receipt, detail=f"{receipt.detail}{_waits(others)}")

    async def forget_ids(self, owner: str, ids: Sequence[str]) -> Receipt:
        """Erase these memories; all of them or, where one is unknown, none.

        Raises:
            NotFoundError: some are not there for this owner.
        """
        for id_ in ids:
            require_text(id_, "ids", MAX_LABEL_CHARS)
        known = await self.store.known(owner, ids)
        missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
        if missing:
            raise NotFoundError(
                f"nothing was forgotten: there is no memory {named(missing)}. Recall shows the ids there are."
            )
        return await self.erase(sorted(known))

    async def propose(self, filters: SearchFilter, query: str) -> Proposal:
        """What a forget with these filters would take: older versions too, and every word must match.

        Raises:
            InvalidInputError: the query is not text, or has no word to look for.
        """
        ids = await self._selected(filters, query)
        first = {segment.id: segment for segment in await self.store.segments([(id_, 0) for id_ in ids[:SAMPLES]])}
        return Proposal(
            count=len(ids),
            samples=tuple(first[id_] for id_ in ids[:SAMPLES] if id_ in first),
            code=_code(filters.owner, ids),
        )

    async def forget_selected(self, filters: SearchFilter, query: str, code: str) -> Receipt:
        """Erase what a proposal showed.

        Raises:
            InvalidInputError: the code is not that of what these filters select now.
        """
        ids = await self._selected(filters, query)
        if code != _code(filters.owner, ids):
            raise InvalidInputError(
                f"confirm={code!r} is not the code for what these filters select now ({len(ids)}), so "
                "nothing was forgotten. Call forget with the same filters but no confirm, and look again."
            )
        return await self.erase(ids)

    async def _selected(self, filters: SearchFilter, query: str) -> list[str]:
        require_text(query, "query", MAX_QUERY_CHARS)
        check_filters(filters)
        condition = visible(replace(filters, history=True))
        if not query.strip():
            return await self.store.ids(condition)
        if len(set(query.split())) > MAX_QUERY_TERMS:
            raise InvalidInputError(f"query has over {MAX_QUERY_TERMS} words, and every one must be there: name fewer")
        for phrase in phrases_of(query):
            condition = f"{condition} AND {says(pattern_of(phrase))}"
        words = query_words(query)
        if not words:
            raise InvalidInputError(f"query={query!r} holds no word to look for; name some words, or filters only")
        return await self.store.ids_with(words, condition)


def _waits(others: int) -> str:
    """What an erasure still waits for: a file that is removed keeps its bytes while a process has it open."""
    if not others:
        return ""
    who = "1 other server process lets" if others == 1 else f"{others} other server processes let"
    return f"; {who} go of removed files within {LET_GO_S:g} s"


def _code(owner: str, ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join([owner, *sorted(ids)]).encode()).hexdigest()[:12]
