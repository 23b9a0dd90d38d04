"""What may go wrong with an AutoML run, each with the field at fault and what to do."""

from collections.abc import Sequence

from studiolo.kernel.errors import StudioloError


class AutoMLError(StudioloError):
    """Base of this slice's errors."""

    code, status, title = "automl.error", 422, "AutoML cannot run"


class TableUnreadable(AutoMLError):
    """The file is not a table that can be read."""

    code, status, title = "automl.table_unreadable", 422, "Table cannot be read"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"'{path}' cannot be read as a table: {reason}.",
            "Give a CSV file with one header line and rows of equal length, or a Parquet file.",
            field="train",
        )


class TableEmpty(AutoMLError):
    """The table has a header at most."""

    code, status, title = "automl.table_empty", 422, "Table has no rows"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"'{path}' holds no rows below its header.", "Give a table with at least 10 rows.", field="train"
        )


class TooFewRows(AutoMLError):
    """Too few rows have a target."""

    code, status, title = "automl.too_few_rows", 422, "Too few rows"

    def __init__(self, rows: int, needed: int) -> None:
        super().__init__(
            f"The table has {rows} rows with a target; {needed} are needed to train and to check a model.",
            "Add rows, or choose a target column that is filled in more of them.",
            field="train",
        )


class TargetMissing(AutoMLError):
    """The target is not a column."""

    code, status, title = "automl.target_missing", 422, "Target column not found"

    def __init__(self, target: str, columns: Sequence[str]) -> None:
        shown = ", ".join(f"'{name}'" for name in columns[:8]) + (", …" if len(columns) > 8 else "")
        super().__init__(
            f"The table has no column '{target}'.", f"Choose the target among its columns: {shown}.", field="target"
        )


class TargetUnusable(AutoMLError):
    """The target column cannot be learned: constant, all different, classes of one row, not a number, infinite."""

    code, status, title = "automl.target_unusable", 422, "Target column cannot be learned"

    def __init__(self, target: str, reason: str, hint: str) -> None:
        super().__init__(f"Target '{target}' {reason}.", hint, field="target")


class UnknownTask(AutoMLError):
    """The task is neither classification nor regression."""

    code, status, title = "automl.unknown_task", 422, "Unknown task"

    def __init__(self, task: str) -> None:
        super().__init__(f"There is no task '{task}'.", "Choose classification or regression.", field="task")


class UnknownMetric(AutoMLError):
    """The metric does not exist for this task."""

    code, status, title = "automl.unknown_metric", 422, "Unknown metric"

    def __init__(self, metric: str, task: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no metric '{metric}' for {task}.", f"Choose one of: {', '.join(known)}.", field="metric"
        )


class BudgetTooSmall(AutoMLError):
    """The time limit leaves no room for one model."""

    code, status, title = "automl.budget_too_small", 422, "Time limit too short"

    def __init__(self, seconds: float, needed: float) -> None:
        super().__init__(
            f"A time limit of {seconds:g} s leaves no room for a model.",
            f"Give at least {needed:g} s; 60 s is a good start for a small table.",
            field="time_limit",
        )


class NoFeatures(AutoMLError):
    """Nothing is left to learn from."""

    code, status, title = "automl.no_features", 422, "No usable column"

    def __init__(self, dropped: Sequence[str]) -> None:
        shown = "; ".join(dropped[:5]) or "the table has only the target"
        super().__init__(
            f"No column is left to learn from ({shown}).",
            "Add columns that say something about the target.",
            field="train",
        )


class ColumnAbsent(AutoMLError):
    """The test table lacks a column that the model needs."""

    code, status, title = "automl.column_absent", 422, "Column missing"

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        shown = ", ".join(f"'{name}'" for name in columns[:5]) + (", …" if len(columns) > 5 else "")
        super().__init__(
            f"'{path}' lacks {len(columns)} column(s) of the training table: {shown}.",
            "Give the test table the same columns; the target may be absent.",
            field="test",
        )


class NoModel(AutoMLError):
    """Every trial failed or was stopped before it had a model."""

    code, status, title = "automl.no_model", 500, "No model was trained"

    def __init__(self, reasons: Sequence[str]) -> None:
        shown = "; ".join(reasons[:3]) or "no trial ended in time"
        super().__init__(
            f"No trial gave a model: {shown}.", "Raise the time limit or the memory limit, or train on fewer columns."
        )


class UnknownChoice(AutoMLError):
    """A name in a list of the spec is not known."""

    code, status, title = "automl.unknown_choice", 422, "Unknown choice"

    def __init__(self, field: str, name: str, known: Sequence[str]) -> None:
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        super().__init__(f"There is no '{name}' to put under '{field}'.", f"Choose among: {shown}.", field=field)


class NotAutoML(AutoMLError):
    """The run exists but is of another kind."""

    code, status, title = "automl.not_automl", 404, "Not an AutoML run"

    def __init__(self, run_id: str, kind: str) -> None:
        super().__init__(
            f"Run {run_id} is of kind '{kind}', not an AutoML run.", "List them: studiolo automl list", field="run_id"
        )
