"""The names of all metrics, by task; known without computing anything."""

from collections.abc import Mapping

AVERAGES = ("macro", "micro", "weighted", "binary")
LABELS = (
    "accuracy", "balanced_accuracy", "norm_macro_recall", "weighted_accuracy", "matthews_correlation",
    *(f"{name}_{average}" for name in ("f1_score", "precision_score", "recall_score") for average in AVERAGES),
)  # fmt: skip
CHANCES = ("log_loss", *(f"{name}_{average}" for name in ("AUC", "average_precision_score") for average in AVERAGES))
NUMBERS = (
    "root_mean_squared_error", "mean_absolute_error", "median_absolute_error", "r2_score", "explained_variance",
    "spearman_correlation", "mean_absolute_percentage_error", "symmetric_mean_absolute_percentage_error",
    "root_mean_squared_log_error", "normalized_root_mean_squared_error", "normalized_mean_absolute_error",
    "normalized_median_absolute_error", "normalized_root_mean_squared_log_error",
)  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = {"classification": (*CHANCES, *LABELS), "regression": NUMBERS}
DEFAULT: Mapping[str, str] = {"classification": "AUC_weighted", "regression": "root_mean_squared_error"}
SHORT: Mapping[str, str] = {
    "auc": "AUC_weighted", "roc_auc": "AUC_weighted", "auc_weighted": "AUC_weighted", "auc_macro": "AUC_macro",
    "auc_micro": "AUC_micro", "auc_binary": "AUC_binary", "acc": "accuracy", "f1": "f1_score_weighted",
    "f1_macro": "f1_score_macro", "f1_micro": "f1_score_micro", "f1_weighted": "f1_score_weighted",
    "f1_binary": "f1_score_binary", "logloss": "log_loss", "neg_log_loss": "log_loss", "mcc": "matthews_correlation",
    "average_precision": "average_precision_score_weighted", "precision": "precision_score_weighted",
    "recall": "recall_score_weighted", "rmse": "root_mean_squared_error", "mae": "mean_absolute_error", "r2": "r2_score",
    "rmsle": "root_mean_squared_log_error", "mape": "mean_absolute_percentage_error",
    "smape": "symmetric_mean_absolute_percentage_error", "medae": "median_absolute_error",
    "spearman": "spearman_correlation", "nrmse": "normalized_root_mean_squared_error",
}  # fmt: skip


def full(name: str, task: str) -> str:
    """Give the full name of a metric; an empty name is the task's default.

    >>> full("rmse", "regression"), full("", "classification")
    ('root_mean_squared_error', 'AUC_weighted')
    """
    return SHORT.get(name.lower(), name) if name else DEFAULT[task]


def greater_is_better(name: str) -> bool:
    """Tell the direction of a metric.

    >>> greater_is_better("r2_score"), greater_is_better("log_loss")
    (True, False)
    """
    return not ("log_loss" in name or "error" in name)
