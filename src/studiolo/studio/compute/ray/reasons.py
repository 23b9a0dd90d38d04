"""Why a job waits in Ray, in plain words: what it needs, against what the nodes have and have free."""

from collections.abc import Mapping
from typing import Any

_NOUNS = {"CPU": ("CPU", "CPUs"), "GPU": ("GPU", "GPUs")}


def said(found: Mapping[str, Any]) -> str | None:
    """Return why a job waits, None for one that does not.

    >>> said({"state": "pending", "needs": {"CPU": 4}, "nodes": 2, "could": 1, "has": {"CPU": 8}, "free": {"CPU": 1}})
    'waits in Ray: no node has 4 CPUs free now (the most that one has free: 1)'
    """
    if found.get("state") != "pending" or "needs" not in found:
        return None
    needs = {kind: amount for kind, amount in found["needs"].items() if amount}
    if not found.get("nodes"):
        return "waits in Ray: it has no node now"
    has, free = found.get("has", {}), found.get("free", {})
    wanted = " and ".join(_amount(kind, amount) for kind, amount in needs.items())
    if not found.get("could"):
        most = ", ".join(_amount(kind, has.get(kind, 0)) for kind in needs)
        return (
            f"waits in Ray: no node has {wanted} at all (the most that one has: {most}); it starts when such a node "
            "joins, or cancel it"
        )
    short = [kind for kind, amount in needs.items() if free and free.get(kind, 0) < amount]
    if short:
        lacking = " and ".join(_amount(kind, needs[kind]) for kind in short)
        most = ", ".join(_amount(kind, free.get(kind, 0), noun=len(short) > 1) for kind in short)
        return f"waits in Ray: no node has {lacking} free now (the most that one has free: {most})"
    if free and len(needs) > 1:
        return f"waits in Ray: no node has {wanted} free at once, or Ray is starting it"
    return "waits in Ray, which is starting it"


def _amount(kind: str, amount: float, *, noun: bool = True) -> str:
    """Return a number of something, as people say it."""
    if kind == "memory":
        return f"{amount / 2**30:.1f} GiB" + (" of memory" if noun else "")
    number = f"{amount:g}"
    if not noun:
        return number
    one, many = _NOUNS.get(kind, (f"of {kind}", f"of {kind}"))
    return f"{number} {one if amount == 1 else many}"
