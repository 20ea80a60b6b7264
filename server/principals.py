"""Who asks: the owner of what is remembered, and what they may do."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken

from memory.errors import ForbiddenError

Scope = Literal["memory:read", "memory:write", "memory:forget"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
LOCAL = "local"
"""The owner of everything that comes over stdio, from the command line, or over a loopback that asks for no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Someone who was let in.

    Attributes:
        owner: whose memories they are; no two principals share one.
        scopes: what they may do.
    """

    owner: str
    scopes: frozenset[Scope]

    def check(self, scope: Scope) -> None:
        """See that they may do something.

        Raises:
            ForbiddenError: they may not.
        """
        if scope not in self.scopes:
            raise ForbiddenError(f"this token may not do that: it lacks the scope {scope}")


USER = Principal(owner=LOCAL, scopes=frozenset(SCOPES))
"""Whoever sits at this machine."""


def principal_of(token: AccessToken) -> Principal:
    """Whom a token that was verified stands for; `token.subject` names the owner."""
    if not token.subject:
        raise ValueError("a verified token names its owner")
    return Principal(owner=token.subject, scopes=frozenset(scope for scope in SCOPES if scope in token.scopes))


def principal() -> Principal:
    """Who makes the call that runs now."""
    token = get_access_token()
    return principal_of(token) if token else USER


def asking(scope: Scope) -> Principal:
    """Who makes the call that runs now, if they may.

    Raises:
        ForbiddenError: they may not.
    """
    who = principal()
    who.check(scope)
    return who
