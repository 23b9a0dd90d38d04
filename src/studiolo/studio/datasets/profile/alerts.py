"""What to know about a table before training with it; decided from its profile alone."""

from studiolo.studio.datasets.profile_schemas import Alert, ColumnProfile, Profile

MISSING = 0.3  # share of the rows
ZEROS = 0.5  # share of the values
CORRELATED = 0.95  # absolute Pearson or Spearman, or Cramér's V
SKEWED = 5.0  # absolute skewness
MANY = 1000  # different texts
UNIQUE = 0.97  # estimated distinct values of all values; exactly known ones must be all different
FEWEST = 20  # values that make a column unique
REPEATED = 0.001  # share of the rows
MIXED = 0.01  # smallest share of each of two kinds of text

ADVICE = {
    "missing": "Fill the gaps, learn from their being there, or leave the column out.",
    "constant": "Leave it out: nothing can be learnt from it.",
    "unique": "Leave it out of training; keep it to join tables or to tell rows apart.",
    "many_values": "Group rare values, or have it treated as text.",
    "zeros": "Find out whether zero means missing; if so, read it as missing.",
    "infinite": "Find out how they came to be; they are left out of all but the counts.",
    "skewed": "Take the logarithm, cut the tails off, or use models of trees, which do not mind.",
    "correlated": "Keep one of the two where models are to be explained, or are linear.",
    "duplicates": "Remove the repeats, or weigh rows; in two parts of a split they make scores too good.",
    "errors": "Correct the values, or choose another type or format for the column when reading.",
    "mixed_types": "Correct the values that are different, or give the column its type when reading.",
    "leak": "Would its value be known when predictions are asked for? If not, leave it out of training.",
}


def find(profile: Profile) -> list[Alert]:
    """Return the alerts: of the table first, then in order of the columns."""
    found = [_alert("leak", leak.column, f"{leak.column} alone tells {profile.target} ({leak.score:.0%} of what can be explained)")
             for leak in profile.leaks]  # fmt: skip
    repeats = profile.duplicate_rows or 0
    if repeats and repeats >= REPEATED * profile.rows:
        about = "" if profile.sample.exact else "about "
        found.append(
            _alert("duplicates", "", f"{about}{repeats:,} rows ({repeats / profile.rows:.1%}) repeat an earlier one")
        )
    for column in profile.columns:
        found += _of_column(column)
    return found + _correlated(profile)


def _alert(kind: str, column: str, message: str, other: str = "") -> Alert:
    return Alert.model_validate(
        {"kind": kind, "column": column, "message": message, "advice": ADVICE[kind], "other": other}
    )


def _of_column(column: ColumnProfile) -> list[Alert]:
    name = column.name
    found: list[Alert] = []
    values = column.count - column.infinite
    if column.missing_share >= MISSING:
        text = "is empty" if not column.count else f"is missing in {column.missing_share:.0%} of the rows"
        found.append(_alert("missing", name, f"{name} {text}"))
    if values and column.distinct == 1:
        found.append(_alert("constant", name, f"{name} holds one value only"))
    if column.errors:
        rows = column.count + column.missing
        many = f"{column.errors:,} values" if column.errors > 1 else "1 value"
        are = "are" if column.errors > 1 else "is"
        share = f" ({column.errors / rows:.1%} of the rows)" if rows and column.errors <= rows else ""
        found.append(_alert("errors", name, f"{many} of {name}{share} {are} no {column.type} and became missing"))
    unique = column.distinct == values if column.distinct_exact else column.distinct > UNIQUE * values
    if unique and values > FEWEST and column.type in ("integer", "text", "decimal"):
        found.append(_alert("unique", name, f"{name} differs in each row, like an identifier"))
    elif column.type == "text" and column.distinct > MANY:
        found.append(_alert("many_values", name, f"{name} holds {column.distinct:,} different texts"))
    if (
        column.zeros is not None
        and values
        and column.distinct > 1
        and column.zeros / values >= ZEROS
        and column.distinct > 2
    ):
        found.append(_alert("zeros", name, f"{name} is zero in {column.zeros / values:.0%} of the values"))
    if column.infinite:
        found.append(_alert("infinite", name, f"{name} holds {column.infinite:,} infinite values"))
    if column.skewness is not None and abs(column.skewness) > SKEWED and column.distinct > 2:
        side = "large" if column.skewness > 0 else "small"
        found.append(_alert("skewed", name, f"{name} is skewed by few very {side} values"))
    kinds = {kind: share for kind, share in (column.types or {}).items() if kind != "empty"}
    if "integer" in kinds and "number" in kinds:
        kinds["number"] += kinds.pop("integer")
    mixed = [(kind, share) for kind, share in kinds.items() if share >= MIXED]
    if len(mixed) > 1:
        said = " and ".join(
            f"{share:.0%} {WORDS.get(kind, kind)}" for kind, share in sorted(mixed, key=lambda pair: -pair[1])
        )
        found.append(_alert("mixed_types", name, f"{name} holds texts of different kinds: {said}"))
    return found


WORDS = {"integer": "whole numbers", "number": "numbers", "boolean": "true/false", "date": "dates", "datetime": "moments", "text": "words"}  # fmt: skip


def _correlated(profile: Profile) -> list[Alert]:
    """Name each pair once, with the measure that is strongest."""
    strongest: dict[tuple[str, str], tuple[float, str]] = {}
    related = profile.correlations
    for sign, matrix in (("r", related.pearson), ("rank r", related.spearman), ("V", related.cramers_v)):
        for i, name in enumerate(matrix.columns if matrix else ()):
            for j in range(i):
                value = matrix.values[i][j] if matrix else None
                pair = (name, matrix.columns[j] if matrix else "")
                if (
                    value is not None
                    and abs(value) >= CORRELATED
                    and abs(value) > abs(strongest.get(pair, (0.0, ""))[0]) + 1e-3
                ):
                    strongest[pair] = (value, sign)
    return [
        _alert("correlated", name, f"{name} follows {other} ({sign} = {value:.3f})", other)
        for (name, other), (value, sign) in strongest.items()
    ]
