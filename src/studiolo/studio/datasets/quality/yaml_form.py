"""Rules as YAML, as people keep them beside their code.

rules:
  - {type: not_null, column: Age, tolerance: 0.2}
  - {type: set, column: Sex, values: [female, male], severity: block}
frequency: day
zone: Europe/Prague
recipients: [ann@example.org]
"""

from typing import Any

import yaml
from pydantic import ValidationError

from studiolo.kernel import yaml_text
from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.quality.errors import BadRule
from studiolo.studio.datasets.quality.schemas import QualitySettings

_DEFAULTS = QualitySettings()


def dump(settings: QualitySettings) -> str:
    """Write rules; what is as it would be anyway is left out."""
    document: dict[str, Any] = {
        "rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in settings.rules]
    }
    for name in ("frequency", "zone", "recipients"):
        if getattr(settings, name) != getattr(_DEFAULTS, name):
            document[name] = getattr(settings, name)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def load(text: str) -> QualitySettings:
    """Read rules; raises BadRule with the place that cannot be read."""
    try:
        document = yaml_text.read(text)
    except yaml_text.NotYaml as error:
        place = f" in line {error.line}" if error.line else ""
        raise BadRule(
            f"The text cannot be read{place}: {error.problem}.",
            "Compare it with what `quality export` writes.",
            field="text",
        ) from None
    if isinstance(document, list):
        document = {"rules": document}
    try:
        return QualitySettings.model_validate(document if document is not None else {})
    except ValidationError as error:
        raise _wrong(error) from None


def _wrong(error: ValidationError) -> BadRule:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "text"
    of_rule = first["loc"][:1] == ("rules",)
    if first["type"] == "union_tag_invalid":
        kind, known = str(first["ctx"]["tag"]), [word.strip(" '") for word in first["ctx"]["expected_tags"].split(",")]
        near = nearest(kind, known)
        hint = (f"Did you mean '{near}'? " if near else "") + f"There are: {', '.join(known)}."
        return BadRule(f"There is no type of rule '{kind[:80]}'.", hint, field=place)
    hint = "Each rule has a type and its own fields." if of_rule else "Compare it with what `quality export` writes."
    said = first["msg"].removeprefix("Value error, ").removesuffix(".")
    return BadRule(f"{said[:1].upper()}{said[1:]}.", hint, field=place)
