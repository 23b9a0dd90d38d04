"""What can go wrong with secrets."""

from collections.abc import Sequence

from studiolo.kernel.errors import Conflict, Denied, Invalid, NotFound
from studiolo.kernel.nearest import nearest


class SecretNotFound(NotFound):
    """No secret of the workspace has this name."""

    code, title = "workspace.secret_not_found", "Secret not found"

    def __init__(self, name: str, field: str = "name", *, known: Sequence[str] = ()) -> None:
        near = nearest(name, known)
        super().__init__(
            f"There is no secret '{name[:80]}' in this workspace.",
            (f"Did you mean '{near}'? " if near else "") + "List them: studiolo workspace secrets list",
            field=field,
        )


class SecretVersionNotFound(NotFound):
    """The secret has no version of this number that can be used."""

    code, title = "workspace.secret_version_not_found", "Version of the secret not found"

    def __init__(self, name: str, version: int, field: str = "version") -> None:
        super().__init__(
            f"The secret '{name}' has no version {version}.",
            f"See what there is: studiolo workspace secrets versions {name}",
            field=field,
        )


class SecretUnusable(Conflict):
    """The version is disabled, over, or its value was removed."""

    code, title = "workspace.secret_unusable", "Secret cannot be used"

    def __init__(self, name: str, why: str, field: str = "secrets") -> None:
        super().__init__(
            f"The secret '{name}' cannot be used: {why}.",
            f"See: studiolo workspace secrets versions {name.partition(':')[0]}",
            field=field,
        )


class SecretInBin(Conflict):
    """The name belongs to a deleted secret that can still be restored."""

    code, title = "workspace.secret_deleted", "Secret is deleted"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The secret '{name}' is deleted and can still be restored.",
            f"Restore it (studiolo workspace secrets restore {name}) or remove it for good (… delete {name} --for-good).",
            field="name",
        )


class SecretChanged(Conflict):
    """Somebody else wrote another version in the meantime."""

    code, title = "workspace.secret_changed", "Secret was changed"

    def __init__(self, name: str, newest: int) -> None:
        super().__init__(
            f"The secret '{name}' has a version {newest} by now.", "Look at it, then write again.", field="expected"
        )


class SecretNotGranted(Denied):
    """The actor may not use the secret."""

    code, title = "workspace.secret_not_granted", "Not allowed to use the secret"

    def __init__(self, name: str, who: str) -> None:
        super().__init__(
            f"'{who}' may not use the secret '{name}'.",
            f"Who looks after secrets can allow it: studiolo workspace secrets grant {name} --account {who}",
            field="secrets",
        )


class BadSecret(Invalid):
    """A value, or a reference to a secret, that cannot be used."""

    code, title = "workspace.bad_secret", "Secret cannot be used as written"


class TooManySecrets(Conflict):
    """A workspace, or a secret, has as many as it may have."""

    code, title = "workspace.too_many_secrets", "Too many secrets"
