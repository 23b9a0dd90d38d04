"""Workspaces in Python: `studio.workspace`."""

import builtins  # `list` is a verb here
from collections.abc import Iterator
from urllib.parse import quote

from studiolo.kernel.http import Transport
from studiolo.studio.workspace.notices.client import MailSender, Notices
from studiolo.studio.workspace.schemas import (
    Account,
    AuditEntry,
    Member,
    Membership,
    Token,
    TokenCreated,
    WorkspaceSummary,
)
from studiolo.studio.workspace.vault.client import Secrets
from studiolo.studio.workspace.webhooks_client import Webhooks


class Workspaces:
    """The workspace of the connection, its members, the house's accounts and the own tokens."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport
        self.webhooks = Webhooks(transport)
        self.secrets = Secrets(transport)
        self.notices = Notices(transport)
        self.mail = MailSender(transport)

    def show(self) -> WorkspaceSummary:
        """Return what this workspace is and what it stands on."""
        return WorkspaceSummary.model_validate(self._http.get("workspace"))

    def list(self) -> builtins.list[Membership]:
        """Return the workspaces that the account is a member of."""
        return [Membership.model_validate(item) for item in self._http.get("//api/session")["workspaces"]]

    def create(self, name: str) -> Member:
        """Add a workspace and become its owner."""
        return Member.model_validate(self._http.post("workspace/workspaces", {"name": name}))

    def members(self) -> builtins.list[Member]:
        """Return the members by name."""
        return [Member.model_validate(item) for item in self._http.get("workspace/members")]

    def set_role(self, name: str, role: str) -> Member:
        """Make an account a member, or change its role."""
        return Member.model_validate(self._http.put(f"workspace/members/{_part(name)}", {"role": role}))

    def remove_member(self, name: str) -> None:
        """End a membership."""
        self._http.delete(f"workspace/members/{_part(name)}")

    def accounts(self) -> builtins.list[Account]:
        """Return everybody who can sign in."""
        return [Account.model_validate(item) for item in self._http.get("workspace/accounts")]

    def create_account(self, name: str, *, password: str | None = None, role: str | None = None) -> Account:
        """Add an account; `role` makes it a member of the workspace `default`."""
        spec = {"name": name, "password": password, "role": role}
        return Account.model_validate(self._http.post("workspace/accounts", spec))

    def disable(self, name: str, *, disabled: bool = True) -> Account:
        """Shut an account out, or let it in again."""
        return Account.model_validate(self._http.patch(f"workspace/accounts/{_part(name)}", {"disabled": disabled}))

    def set_password(self, name: str, password: str) -> None:
        """Give an account a password."""
        self._http.put(f"workspace/accounts/{_part(name)}/password", {"password": password})

    def tokens(self) -> builtins.list[Token]:
        """Return the own tokens."""
        return [Token.model_validate(item) for item in self._http.get("workspace/tokens")]

    def create_token(
        self, name: str, *, days: float | None = 90, scopes: builtins.list[str] | None = None
    ) -> TokenCreated:
        """Make a token of the own account for this workspace; `.token` is its secret, given this once."""
        spec = {"name": name, "days": days, "scopes": scopes}
        return TokenCreated.model_validate(self._http.post("workspace/tokens", spec))

    def revoke_token(self, token_id: str) -> None:
        """Make an own token useless."""
        self._http.delete(f"workspace/tokens/{_part(token_id)}")

    def audit(self, limit: int = 100) -> builtins.list[AuditEntry]:
        """Return the newest entries of the audit trail."""
        return [entry for _, entry in zip(range(limit), self._audit(min(limit, 1000)), strict=False)]

    def _audit(self, size: int) -> Iterator[AuditEntry]:
        cursor = None
        while True:
            page = self._http.get("workspace/audit", cursor=cursor, limit=size)
            yield from (AuditEntry.model_validate(item) for item in page["items"])
            cursor = page["next"]
            if cursor is None:
                return


def _part(name: str) -> str:
    return quote(name, safe="")
