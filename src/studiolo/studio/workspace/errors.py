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


class WebhookNotFound(NotFound):
    """No webhook of the workspace has this id."""

    code, title = "workspace.webhook_not_found", "Webhook not found"

    def __init__(self, webhook_id: str) -> None:
        super().__init__(
            f"There is no webhook '{webhook_id[:80]}'.", "List them: studiolo workspace webhooks list", field="id"
        )


class DeliveryNotFound(NotFound):
    """The webhook has no delivery of this id; the log keeps 30 days."""

    code, title = "workspace.delivery_not_found", "Delivery not found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(
            f"There is no delivery '{delivery_id[:80]}'.",
            "List them: studiolo workspace webhooks deliveries NAME",
            field="delivery",
        )


class TooManyWebhooks(Conflict):
    """A workspace has as many webhooks as it may have."""

    code, title = "workspace.too_many_webhooks", "Too many webhooks"

    def __init__(self, most: int) -> None:
        super().__init__(f"A workspace has at most {most} webhooks.", "Delete one that is no longer needed.")


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
