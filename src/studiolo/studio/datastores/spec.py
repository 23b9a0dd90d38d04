"""What a kind of datastore says of itself: its fields draw the form, name the command's options and check what is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studiolo.studio.datastores.errors import DatastoreInvalid

FieldType = Literal["text", "integer", "boolean", "choice", "folder", "url", "lines"]
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MAX_TEXT = 20_000
_ADDRESSES = {"host", "port", "endpoint", "protocol", "account_name", "account", "host_key", "server"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. lines: a text of several lines, such as a key; auth: only with these ways to sign in.

    folder: a path on the studio's machine, judged by who may name it; address: see `leads`; pattern: what all of a text matches.
    """

    name: str
    title: str
    help: str = ""
    type: FieldType = "text"
    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()
    default: str | int | bool | None = None
    auth: tuple[str, ...] = ()
    group: str = ""
    example: str = ""
    address: bool = False
    pattern: str = ""

    @property
    def leads(self) -> bool:
        """Whether it says to whom the credentials are sent: who changes it writes them anew."""
        return self.address or self.type == "url" or self.name in _ADDRESSES


@dataclass(frozen=True, slots=True)
class Auth:
    """A way to sign in. name: what is stored, such as `account_key`; `none` and `identity` need no credential."""

    name: str
    title: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class KindSpec:
    """name: the kind, Azure ML's own word where it has one; extra: optional dependency it needs; group: in the form."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    auth: tuple[Auth, ...] = (Auth("none", "No sign-in"),)
    family: Literal["files", "sql"] = "files"
    extra: str | None = None
    modules: tuple[str, ...] = ()  # what the extra brings, to see whether it is there
    writable: bool = True
    place: str = ""  # how the location is written for people, such as "{container_name} of {account_name}"

    def fields_of(self, auth: str) -> tuple[Field, ...]:
        """Return the fields that count with a way to sign in."""
        return tuple(field for field in self.fields if not field.auth or auth in field.auth)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a store is opened. private: addresses that are not public may be asked; barred: folders no path may enter.

    seconds: for one answer; query_seconds: for all of a query.
    """

    private: bool = True
    barred: tuple[Path, ...] = ()
    seconds: float = 30.0
    query_seconds: float = 3600.0


def sign_in(spec: KindSpec, auth: str | None, given: Mapping[str, Any]) -> str:
    """Return the way to sign in: the named one, else the one whose secrets are given, else the first.

    Raises DatastoreInvalid for one that the kind does not have.
    """
    names = [one.name for one in spec.auth]
    if auth is None:
        secrets = {field.name for field in spec.fields if field.secret} & {key for key, value in given.items() if value}
        matching = [name for name in names if secrets and secrets <= {field.name for field in spec.fields_of(name)}]
        asked = [name for name in matching if any(field.secret and field.auth for field in spec.fields_of(name))]
        return (asked or matching or names)[0]
    if auth not in names:
        raise DatastoreInvalid(
            f"{spec.title} has no sign-in '{auth[:80]}'.", f"It has {', '.join(names)}.", field="auth"
        )
    return auth


def checked(spec: KindSpec, auth: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as they are stored; raises DatastoreInvalid, which names the field."""
    fields = {field.name: field for field in spec.fields_of(auth) if not field.secret}
    known = {field.name for field in spec.fields if not field.secret}
    for name in config:
        if name not in known:
            secret = any(field.name == name for field in spec.fields)
            raise DatastoreInvalid(
                f"'{name[:80]}' is a credential: it is sealed, and not part of the settings."
                if secret
                else f"{spec.title} has no field '{name[:80]}'.",
                "Give it among the credentials." if secret else f"It has {', '.join(sorted(known)) or 'none'}.",
                field=f"config.{name[:80]}",
            )
    found: dict[str, Any] = {}
    for name, field in fields.items():
        value = config.get(name)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            value = field.default
        if value is None:
            if field.required:
                raise DatastoreInvalid(f"{field.title} is missing.", field.help, field=f"config.{name}")
            continue
        found[name] = _typed(field, value)
    return found


def checked_credentials(
    spec: KindSpec, auth: str, given: Mapping[str, str | None], *, kept: set[str]
) -> dict[str, str]:
    """Return the credentials that are written now; kept: fields that have one already."""
    fields = {field.name: field for field in spec.fields_of(auth) if field.secret}
    for name in given:
        if name not in fields and given[name]:
            raise DatastoreInvalid(
                f"{spec.title} has no credential '{name[:80]}' with the sign-in '{auth}'.",
                f"It has {', '.join(sorted(fields)) or 'none'}.",
                field=f"credentials.{name[:80]}",
            )
    found = {}
    for name, field in fields.items():
        value = given.get(name)
        if value:
            found[name] = _text(field, value if field.type == "lines" else value.strip(), "credentials")
        elif field.required and name not in kept:
            raise DatastoreInvalid(f"{field.title} is missing.", field.help, field=f"credentials.{name}")
    return found


def _typed(field: Field, value: Any) -> Any:
    where = f"config.{field.name}"
    if field.type == "boolean":
        if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
            return value.lower() in ("true", "yes")
        if not isinstance(value, bool):
            raise DatastoreInvalid(f"{field.title} is true or false.", field.help, field=where)
        return value
    if field.type == "integer":
        try:
            number = int(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError):
            number = None
        if number is None or not 0 <= number <= 2**31:
            raise DatastoreInvalid(f"{field.title} is a whole number.", field.help, field=where)
        return number
    text = _text(field, value, "config")
    if field.type == "choice" and text not in field.choices:
        raise DatastoreInvalid(
            f"{field.title} is not '{text[:80]}'.", f"Choose {', '.join(field.choices)}.", field=where
        )
    if field.type == "url" and not re.match(r"https?://[^/\s?#@]+(/[^\s?#]*)?$", text):
        raise DatastoreInvalid(
            f"{field.title} is no address such as {field.example or 'https://host/path'}.",
            "Write it without a user, a question mark or a fragment.",
            field=where,
        )
    if field.type == "folder" and not Path(text).expanduser().is_absolute():
        raise DatastoreInvalid(f"'{text[:80]}' is no full path.", "Begin it with a slash.", field=where)
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise DatastoreInvalid(
            f"{field.title} cannot be '{text[:80]}'.",
            f"Write the name alone, such as {field.example}; addresses and folders have fields of their own.",
            field=where,
        )
    return text


def _text(field: Field, value: Any, where: str) -> str:
    if not isinstance(value, str):
        value = str(value) if isinstance(value, int | float) else ""
    if not value or len(value) > MAX_TEXT or _HIDDEN.search(value) or (field.type != "lines" and "\n" in value):
        raise DatastoreInvalid(
            f"{field.title} is no text of one line." if field.type != "lines" else f"{field.title} is no text.",
            field.help,
            field=f"{where}.{field.name}",
        )
    return str(value)
