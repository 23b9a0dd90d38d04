"""Who asks."""

from dataclasses import dataclass

from studiolo.kernel.auth.roles import PERMISSIONS, Role, allows
from studiolo.kernel.errors import Denied


@dataclass(frozen=True, slots=True)
class Actor:
    """id: of the account; role: in the workspace of this request; scopes: what a token narrows the role to (None: nothing).

    run_id: the run that a job's token belongs to.
    """

    id: str
    name: str
    role: Role | None
    scopes: frozenset[str] | None = None
    run_id: str | None = None

    def may(self, permission: str) -> bool:
        """Say whether the actor may do this."""
        granted = PERMISSIONS[self.role] if self.role else frozenset()
        return allows(granted, permission) and (self.scopes is None or allows(self.scopes, permission))

    def must(self, permission: str) -> None:
        """Raise Denied unless the actor may do this."""
        if not self.may(permission):
            role = f"the role {self.role}" if self.role else "no role in this workspace"
            token = " and a token narrower than it" if self.scopes is not None else ""
            raise Denied(
                f"'{self.name}' has {role}{token}; this needs the permission '{permission}'.",
                "Ask an owner of the workspace for a role that has it.",
            )


SYSTEM = Actor("system", "system", Role.owner)
