"""What models and aliases may be called."""

import posixpath
import re
from collections.abc import Mapping

from studiolo.kernel.errors import Invalid
from studiolo.studio.models.errors import BadName

MAX_NAME = 250
MAX_TAG = 100_000
IS_PROMPT = "mlflow.prompt.is_prompt"
_ALIAS = re.compile(r"[\w\-]{1,255}")


def check_name(name: str) -> None:
    """Raise BadName unless a model may be called so: MLflow's rule, and nothing that is more than one path segment."""
    if not name.strip():
        raise BadName("Registered model name cannot be empty.", "Write a name.", field="name")
    if len(name) > MAX_NAME:
        raise BadName(f"The name exceeds the maximum length of {MAX_NAME} characters.", field="name")
    if "/" in name or ":" in name:
        raise BadName(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.", field="name")
    if posixpath.normpath(name) != name or name in (".", "..") or not name.isprintable() or "\\" in name:
        raise BadName(f"Invalid model name {name!r}: it could be mistaken for a path.", field="name")


def is_prompt(tags: Mapping[str, str] | None) -> bool:
    """Say whether tags make a model or a version a prompt, as MLflow tells them apart."""
    return (tags or {}).get(IS_PROMPT, "").lower() == "true"


def check_alias(alias: str) -> None:
    """Raise BadName for an alias that cannot be told from a version."""
    if not alias:
        raise BadName("Registered model alias name cannot be empty.", field="alias")
    if _ALIAS.fullmatch(alias) is None:
        raise BadName(
            f"Invalid alias name: '{alias[:80]}'. Names may only contain alphanumerics, underscores (_), and dashes (-), "
            "at most 255.",
            field="alias",
        )
    if alias.lower() == "latest":
        raise BadName("'latest' alias name (case insensitive) is reserved.", field="alias")
    if re.fullmatch(r"[vV]\d+", alias):
        raise BadName(f"Version alias name '{alias}' is reserved.", field="alias")


def check_tag(key: str, value: str | None) -> None:
    """Raise Invalid for a tag that is too long."""
    if not key or len(key) > 250 or not key.isprintable():
        raise Invalid(f"'{key[:80]!r}' cannot be the name of a tag.", "Use 1 to 250 characters.", field="tags")
    if value is not None and (len(value) > MAX_TAG or "\x00" in value):
        raise Invalid(f"The value of tag '{key}' exceeds {MAX_TAG} characters or has a NUL.", field="tags")


def split(reference: str) -> tuple[str, str]:
    """Split `name`, `name:3` or `name@champion`; without a version it is the latest.

    >>> split("titanic:3"), split("titanic@champion"), split("titanic")
    (('titanic', '3'), ('titanic', 'champion'), ('titanic', 'latest'))
    """
    for sign in ":@":
        name, found, version = reference.partition(sign)
        if found:
            return name, version
    return reference, "latest"
