"""References to media, as messages quote them."""


def shown(reference: str) -> str:
    """`reference` quoted for a message, its middle left out where it is long."""
    return repr(reference if len(reference) <= 120 else f"{reference[:80]}…{reference[-20:]}")
