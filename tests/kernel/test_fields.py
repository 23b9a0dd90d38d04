"""Defaults of models are their own, and stand in the schema."""

from pydantic import BaseModel

from studiolo.kernel.fields import fresh


class Inner(BaseModel):
    cores: int = 1


class Outer(BaseModel):
    tags: dict[str, str] = fresh(dict)
    inner: Inner = fresh(Inner)


class Plain(BaseModel):
    tags: dict[str, str] = {}
    inner: Inner = Inner()


def test_each_model_has_a_default_of_its_own() -> None:
    one, other = Outer(), Outer.model_validate({})
    one.tags["a"] = "b"
    one.inner.cores = 2
    assert (other, Outer()) == (Outer(tags={}, inner=Inner(cores=1)),) * 2


def test_defaults_are_left_out_and_named_as_plain_ones_are() -> None:
    assert Outer().model_dump(exclude_defaults=True) == {}
    assert Outer.model_json_schema()["properties"] == Plain.model_json_schema()["properties"]
