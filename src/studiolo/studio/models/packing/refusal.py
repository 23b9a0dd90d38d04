"""Why a file becomes no model."""


class Refused(Exception):
    """detail: what is wrong; hint: what to do; field: the input at fault."""

    def __init__(self, detail: str, hint: str = "", field: str = "file") -> None:
        super().__init__(detail)
        self.detail, self.hint, self.field = detail, hint, field
