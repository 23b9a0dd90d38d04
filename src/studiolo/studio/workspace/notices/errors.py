"""What can go wrong with notices and mail."""

from studiolo.kernel.errors import NotFound


class MailNotSet(NotFound):
    """Nobody has said how mail is sent from this workspace."""

    code, title = "workspace.mail_not_set", "Mail is not set up"

    def __init__(self) -> None:
        super().__init__(
            "This workspace sends no mail yet.", "An owner sets it up: studiolo workspace mail set", field="mail"
        )
