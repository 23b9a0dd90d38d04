"""What to know about a column before training with it; decided from its profile alone."""

from studiolo.studio.datasets.schemas import Alert, ColumnProfile, Correlations

MISSING = 0.3
CORRELATED = 0.95
SKEWED = 5.0
MANY = 1000


def find(columns: list[ColumnProfile], correlations: Correlations, skews: dict[str, float]) -> list[Alert]:
    """Return the alerts, in order of the columns."""
    alerts = [alert for column in columns for alert in _of_column(column, skews.get(column.name, 0.0))]
    return alerts + _correlated(correlations)


def _of_column(column: ColumnProfile, skew: float) -> list[Alert]:
    name = column.name
    found: list[Alert] = []
    if column.missing_share >= MISSING:
        text = "is empty" if not column.count else f"is missing in {column.missing_share:.0%} of the rows"
        found.append(Alert(kind="missing", column=name, message=f"{name} {text}"))
    if column.count and column.distinct == 1:
        found.append(Alert(kind="constant", column=name, message=f"{name} holds one value only"))
    unique = column.distinct == column.count if column.distinct_exact else column.distinct > 0.97 * column.count
    if unique and column.count > 20 and column.type in ("integer", "text"):
        found.append(Alert(kind="identifier", column=name, message=f"{name} differs in each row, like an identifier"))
    elif column.type == "text" and column.distinct > MANY:
        found.append(
            Alert(kind="many_values", column=name, message=f"{name} holds {column.distinct:,} different texts")
        )
    if column.infinite:
        found.append(Alert(kind="infinite", column=name, message=f"{name} holds {column.infinite:,} infinite values"))
    if abs(skew) > SKEWED:
        side = "large" if skew > 0 else "small"
        found.append(Alert(kind="skewed", column=name, message=f"{name} is skewed by few very {side} values"))
    return found


def _correlated(correlations: Correlations) -> list[Alert]:
    found: list[Alert] = []
    matrix = correlations.pearson
    if matrix is None:
        return found
    for i, name in enumerate(matrix.columns):
        for j in range(i):
            value = matrix.values[i][j]
            if value is not None and abs(value) >= CORRELATED:
                other = matrix.columns[j]
                found.append(Alert(kind="correlated", column=name, message=f"{name} follows {other} (r = {value:.3f})"))
    return found
