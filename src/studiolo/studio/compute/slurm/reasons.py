"""Why a job waits in Slurm, in plain words: what `squeue` calls its reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta

_AGES = timedelta(days=300)
_SAID = {
    "Resources": "its turn has come, and no node has enough free yet",
    "Priority": "jobs of a higher priority come before it",
    "None": "Slurm has not looked at it yet",
    "BeginTime": "it may not begin yet",
    "Dependency": "it waits for another job",
    "JobHeldUser": "somebody holds it back (scontrol release lets it go)",
    "JobHeldAdmin": "an administrator holds it back",
    "Licenses": "it waits for a licence",
    "PartitionDown": "its partition is down",
    "PartitionInactive": "its partition starts no jobs at the moment",
    "PartitionNodeLimit": "its partition does not allow so many nodes: cancel it, and ask for fewer",
    "PartitionTimeLimit": "it asks for more time than its partition allows, so it will never start: cancel it",
    "PartitionConfig": "its partition cannot give what it asks for, so it will never start: cancel it",
    "ReqNodeNotAvail": "a node that it needs is down, drained or reserved",
    "NodeDown": "a node that it needs is down",
    "BadConstraints": "no node can give what it asks for, so it will never start: cancel it",
    "InvalidAccount": "its account is not valid, so it will never start: cancel it",
    "InvalidQOS": "its QOS is not valid, so it will never start: cancel it",
    "AccountNotAllowed": "its account may not use this partition",
    "QOSNotAllowed": "its QOS may not be used in this partition",
    "Reservation": "it waits for its reservation",
    "Prolog": "the node is being made ready for it",
    "Cleaning": "what was there before it is being cleaned up",
    "JobArrayTaskLimit": "enough tasks of its array run",
    "NonZeroExitCode": "its script ended",
    "FrontEndDown": "no front end is up",
    "SchedDefer": "Slurm decides about it in its next round",
}
_LIMITS = (
    ("QOSMax", "its QOS has a limit for each user or job, which is reached"),
    ("QOSGrp", "its QOS has a limit for all together, which is reached"),
    ("QOS", "its QOS does not allow it now"),
    ("AssocMax", "its account has a limit for each user or job, which is reached"),
    ("AssocGrp", "its account has a limit for all together, which is reached"),
    ("Assoc", "its account does not allow it now"),
    ("MaxGRES", "a limit on devices such as GPUs is reached"),
    ("Max", "a limit is reached"),
    ("Burst", "its burst buffer is being made ready"),
)
_STATES = {
    "CONFIGURING": "its nodes are being made ready",
    "REQUEUED": "Slurm has put it into the queue again",
    "REQUEUE_HOLD": "Slurm has put it into the queue again, and holds it back",
}


def said(queued: Mapping[str, str]) -> str | None:
    """Return why a job waits, None for one that does not.

    >>> said({"id": "7", "state": "PENDING", "reason": "Priority", "partition": "gpu", "starts": ""})
    "waits in Slurm as job 7 of 'gpu': jobs of a higher priority come before it (Priority)"

    >>> said({"id": "7", "state": "COMPLETING", "nodes": "n[1-2]", "silent": "n2"})
    'is ending in Slurm as job 7: node n2 does not answer, and Slurm says no end before it does or is set down (COMPLETING)'
    """
    state, reason = queued.get("state", ""), queued.get("reason", "")
    if state == "PENDING":
        word = reason.strip("()").split(",")[0].split(" ")[0]
        words = _SAID.get(word) or next((text for begin, text in _LIMITS if word.startswith(begin)), None)
        why = f"{words} ({word})" if words else f"Slurm says {word or 'nothing'}"
    elif state in _STATES:
        why = f"{_STATES[state]} ({state})"
    elif state == "COMPLETING":
        return f"is ending in Slurm as job {queued.get('id')}: {_ending(queued)} (COMPLETING)"
    else:
        return None
    when = _moment(queued.get("starts", ""))
    return f"waits in Slurm as job {queued.get('id')} of '{queued.get('partition')}': {why}{when}"


def _ending(queued: Mapping[str, str]) -> str:
    silent = queued.get("silent", "").split()
    if not silent:
        return f"it takes back {queued.get('nodes') or 'its nodes'}"
    who = f"node {silent[0]} does" if len(silent) == 1 else f"nodes {', '.join(silent)} do"
    return f"{who} not answer, and Slurm says no end before it does or is set down"


def _moment(text: str) -> str:
    """Return when Slurm expects to start it, in the time of its own clock."""
    try:
        when = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return ""
    # it takes a job without a time limit to last for a year: who waits for one is told nothing by that
    if when - datetime.now() > _AGES:  # noqa: DTZ005 - as Slurm writes it
        return ""
    return f"; it is expected to start at {when:%Y-%m-%d %H:%M}"
