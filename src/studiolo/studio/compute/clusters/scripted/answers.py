"""What a resume program answers: where the node is reached."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studiolo.studio.compute.clusters.schemas import Line, Scripts, Word


class Answer(BaseModel):
    """Where a node is; what is left out is as its cluster says."""

    model_config = ConfigDict(extra="ignore")  # a program may say more of its node

    host: Word = Field(min_length=1)
    port: int | None = Field(None, ge=1, le=65535)
    user: Word = ""
    host_key: Line = ""


class NoAnswer(Exception):
    """The answer does not say where the node is; the message says what is wrong with it."""


def read(text: str, scripts: Scripts) -> dict[str, Any]:
    """Return where a node is, of the last line that is a JSON object; raises NoAnswer.

    >>> read('booting\\n{"host": "10.0.0.7"}\\n', Scripts(resume=["a"], suspend=["b"], user="me", host_key="SHA256:x"))
    {'host': '10.0.0.7', 'port': 22, 'user': 'me', 'host_key': 'SHA256:x'}
    """
    lines = [line for line in text.splitlines() if line.strip().startswith("{")]
    if not lines:
        raise NoAnswer('It did not say where the node is: its last line is to be {"host": "…"}.')
    try:
        found = json.loads(lines[-1])
        answer = Answer.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise NoAnswer(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from None
    except ValueError as error:
        raise NoAnswer(f"Its answer is no JSON: {error}.") from None
    place: Mapping[str, Any] = {
        "host": answer.host,
        "port": answer.port or scripts.port,
        "user": answer.user or scripts.user,
        "host_key": answer.host_key or scripts.host_key,
    }
    if not place["user"]:
        raise NoAnswer("Neither it nor the cluster says who signs in (user).")
    return dict(place)
