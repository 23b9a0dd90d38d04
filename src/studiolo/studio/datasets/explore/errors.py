"""What can go wrong while exploring, each with what to do about it."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound, StudioloError


class ExploreFailed(StudioloError):
    """The process that reads the table died or could not read it."""

    code, status, title = "datasets.explore_failed", 422, "The table cannot be explored"


class BadFilter(Invalid):
    """A filter, sort or chart that names no column, or a value that does not fit its column."""

    code, title = "datasets.bad_filter", "The filter cannot be used"


class ExploreCacheFull(StudioloError):
    """The copy by columns that sorting and jumping need would not fit into its share of the disk."""

    code, status, title = "datasets.explore_cache_full", 507, "No room to prepare the table"


class SqlInvalid(Invalid):
    """A query that the engine cannot understand or run; `position` counts characters from 0, where it is known."""

    code, title = "datasets.sql_invalid", "The query cannot be run"


class SqlNotAQuestion(Invalid):
    """A statement that would change something, or several at once."""

    code, title = "datasets.sql_not_a_question", "Only questions are answered"


class SqlTimeout(StudioloError):
    """The query took longer than it may."""

    code, status, title = "datasets.sql_timeout", 422, "The query took too long"


class SqlTooMuchMemory(StudioloError):
    """The query took more memory than it may."""

    code, status, title = "datasets.sql_too_much_memory", 422, "The query took too much memory"


class SqlCancelled(Conflict):
    """Somebody stopped the query."""

    code, title = "datasets.sql_cancelled", "The query was stopped"


class SqlBusy(StudioloError):
    """As many queries run as one account, or the studio, may run at once."""

    code, status, title = "datasets.sql_busy", 429, "Too many queries at once"


class SqlResultGone(NotFound):
    """No result by that id, or its time is over."""

    code, title = "datasets.sql_result_gone", "The result is no longer kept"


class SqlResultCut(Conflict):
    """A result that was cut off cannot become a dataset."""

    code, title = "datasets.sql_result_cut", "The result is not whole"
