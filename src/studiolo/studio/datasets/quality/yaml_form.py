"""Rules as YAML, as people keep them beside their code.

rules:
  - {type: not_null, column: Age, tolerance: 0.2}
  - {type: set, column: Sex, values: [female, male], severity: block}
frequency: day
zone: Europe/Prague
recipients: [ann@example.org]
"""

from typing import Any, get_args

import yaml
from pydantic import ValidationError

from studiolo.kernel import yaml_text
from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.quality.errors import BadRule
from studiolo.studio.datasets.quality.rules import Rule
from studiolo.studio.datasets.quality.schemas import QualitySettings

_DEFAULTS = QualitySettings()
_FIELDS = {
    str(get_args(rule.model_fields["type"].annotation)[0]): list(rule.model_fields)
    for rule in get_args(get_args(Rule)[0])
}  # by the type of a rule


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
    key = str(first["loc"][-1]) if first["loc"] else ""
    of_rule = first["loc"][:1] == ("rules",) and len(first["loc"]) > 1
    which = f"Rule {int(first['loc'][1]) + 1}" if of_rule else ""
    kind = str(first["loc"][2]) if len(first["loc"]) > 2 else ""
    match first["type"]:
        case "union_tag_invalid":
            tag = str(first["ctx"]["tag"])
            return BadRule(f"There is no type of rule '{tag[:80]}'.", _meant(tag, list(_FIELDS)), field=place)
        case "union_tag_not_found":
            return BadRule(
                f"{which} says no `type`.", f"Write `type: not_null`; there are: {', '.join(_FIELDS)}.", field=place
            )
        case "extra_forbidden" if kind:
            said = f"{which}, of the type {kind}, has no field '{key[:80]}'."
            return BadRule(said, _meant(key, _FIELDS.get(kind, [])), field=place)
        case "extra_forbidden":
            return BadRule(f"There is no '{key[:80]}'.", _meant(key, list(QualitySettings.model_fields)), field=place)
        case "missing" if kind:
            return BadRule(
                f"{which} says no `{key}`, which the type {kind} needs.", "Write it below the type.", field=place
            )
    words = {
        "list_type": "This is no list.",
        "model_attributes_type": f"{which} has no fields.",
        "string_type": "This is no text.",
    }
    said = words.get(first["type"], first["msg"].removeprefix("Value error, ").removesuffix(".") + ".")
    hint = f"A rule of the type {kind} has: {', '.join(_FIELDS.get(kind, []))}." if kind else ""
    return BadRule(
        f"{said[:1].upper()}{said[1:]}", hint or "Compare it with what `quality export` writes.", field=place
    )


def _meant(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    return (f"Did you mean '{near}'? " if near else "") + f"There are: {', '.join(known)}."
