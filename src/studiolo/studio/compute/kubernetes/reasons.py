"""Why a job waits in Kubernetes, in plain words: what the pod's status calls its reason."""

from collections.abc import Mapping

_SAID = {
    "Unschedulable": "no node can take it now",
    "SchedulingGated": "something in the cluster holds its pod back",
    "ContainerCreating": "its container is being made, and its image pulled where the node does not have it",
    "PodInitializing": "its pod is being made ready",
    "Pending": "it is about to get a node",
    "NoPod": "Kubernetes has made no pod for it yet",
    "FailedCreate": "Kubernetes cannot make its pod",
    "ErrImagePull": "its image cannot be pulled",
    "ImagePullBackOff": "its image cannot be pulled, and is tried again later",
    "RegistryUnavailable": "the registry of its image does not answer",
    "InvalidImageName": "its image has no valid name",
    "ErrImageNeverPull": "its image is not on the node, and may not be pulled",
    "CreateContainerConfigError": "its container cannot be made: something that it names is not there",
    "CreateContainerError": "its container cannot be made",
    "RunContainerError": "its container cannot be started",
}


def said(queued: Mapping[str, str]) -> str | None:
    """Return why a job waits, None for one that does not.

    >>> said({"id": "s-1", "state": "PENDING", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."})
    'waits in Kubernetes as s-1: no node can take it now (Unschedulable): 0/3 nodes are available: 3 Insufficient cpu.'
    """
    if queued.get("state") != "PENDING":
        return None
    reason, message = queued.get("reason", ""), queued.get("message", "").strip()
    words = _SAID.get(reason)
    why = f"{words} ({reason})" if words else f"Kubernetes says {reason or 'nothing'}"
    return f"waits in Kubernetes as {queued.get('id')}: {why}{f': {message}' if message else ''}"
