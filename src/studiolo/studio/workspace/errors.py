"""What can go wrong with workspaces, members, accounts and tokens."""

from studiolo.kernel.errors import Conflict, Denied, NotFound


class AccountNotFound(NotFound):
    """No account has this name."""

    code, title = "workspace.account_not_found", "Account not found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no account '{name}'.", "See them all: studiolo workspace accounts list", field="name"
        )


class MemberNotFound(NotFound):
    """An account that is no member of this workspace."""

    code, title = "workspace.member_not_found", "Member not found"

    def __init__(self, name: str, workspace: str) -> None:
        super().__init__(
            f"'{name}' is not a member of the workspace '{workspace}'.",
            "See its members: studiolo workspace members",
            field="name",
        )


class TokenNotFound(NotFound):
    """The actor has no such token."""

    code, title = "workspace.token_not_found", "Token not found"

    def __init__(self, token_id: str) -> None:
        super().__init__(f"You have no token '{token_id}'.", "See yours: studiolo workspace tokens list", field="id")


class LastOwner(Conflict):
    """A workspace would be left without anybody who can look after it."""

    code, title = "workspace.last_owner", "The last owner"

    def __init__(self, name: str, workspace: str) -> None:
        super().__init__(
            f"'{name}' is the last owner of the workspace '{workspace}'.",
            f"Make somebody else an owner first: studiolo -w {workspace} workspace set-role NAME Owner",
            field="name",
        )


class HouseOnly(Denied):
    """Accounts and workspaces belong to the whole studio, not to one workspace."""

    code, title = "workspace.house_only", "A matter of the whole studio"

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"Accounts and workspaces are looked after from the workspace 'default', not from '{workspace}'.",
            "As an owner of 'default': studiolo -w default workspace …",
            field="workspace",
        )
