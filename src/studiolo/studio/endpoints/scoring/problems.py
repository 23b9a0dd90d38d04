"""What a scoring request can do wrong, and what the scorer answers."""

from studiolo.kernel.errors import StudioloError


class BadBody(StudioloError):
    """The body is not a document that can be read."""

    code, status, title = "scoring.bad_body", 400, "The body cannot be read"


class BadRows(StudioloError):
    """The body is JSON, but not rows in one of the accepted shapes."""

    code, status, title = "scoring.bad_rows", 422, "The rows cannot be used"


class MissingColumn(StudioloError):
    """A column that the model needs is absent or empty."""

    code, status, title = "scoring.missing_column", 422, "A column is missing"


class ExtraColumn(StudioloError):
    """A column that the model does not know."""

    code, status, title = "scoring.extra_column", 422, "Unknown column"


class WrongType(StudioloError):
    """A value that a column cannot take."""

    code, status, title = "scoring.wrong_type", 422, "Wrong type"


class ModelRefused(StudioloError):
    """The model itself refused the rows."""

    code, status, title = "scoring.model_refused", 422, "The model cannot take these rows"


class ModelFailed(StudioloError):
    """The model raised an error; the log has its traceback."""

    code, status, title = "scoring.model_failed", 500, "The model failed"


class WrongKey(StudioloError):
    """No key, or not one of this endpoint."""

    code, status, title = "scoring.wrong_key", 401, "A key is needed"


class NoRoute(StudioloError):
    """Nothing answers at this path."""

    code, status, title = "scoring.no_route", 404, "Nothing here"


class WrongMethod(StudioloError):
    """The path exists, for other methods."""

    code, status, title = "scoring.wrong_method", 405, "Wrong method"


class BodyTooLarge(StudioloError):
    """More bytes than the endpoint takes."""

    code, status, title = "scoring.body_too_large", 413, "The body is too large"


class WrongMedia(StudioloError):
    """A content type that is not understood here."""

    code, status, title = "scoring.wrong_media", 415, "Unknown content type"


class Busy(StudioloError):
    """All places in the queue are taken."""

    code, status, title = "scoring.busy", 503, "The endpoint is busy"


class SlowBody(StudioloError):
    """The body stopped arriving."""

    code, status, title = "scoring.slow_body", 408, "The body did not arrive"
