from pathlib import Path

import pytest

from studiolo.kernel.settings import BadSetting, Settings, env_name, load


def test_every_setting_has_a_line_that_explains_it_and_a_default() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert not field.is_required(), name


def test_the_environment_is_read_and_arguments_win() -> None:
    environ = {"STUDIOLO_PORT": "9000", "STUDIOLO_DURABILITY": "normal", "OTHER": "x", "STUDIOLO_TOKEN": ""}
    settings = load(environ)
    assert (settings.port, settings.durability, settings.token) == (9000, "normal", "")
    assert load(environ, port=1, host=None).port == 1


def test_the_home_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({"STUDIOLO_HOME": "here"}).home == tmp_path / "here"
    assert load({}).home.is_absolute()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", "many"),
        ("port", "65536"),
        ("port", "-1"),
        ("durability", "sometimes"),
        ("session_hours", "nan"),
        ("session_hours", "inf"),
        ("session_hours", "0"),
        ("session_hours", "1e300"),
        ("upload_limit_bytes", "1.5"),
        ("cores", "-2"),
    ],
)
def test_a_bad_value_names_its_variable_and_what_it_is_for(field: str, value: str) -> None:
    with pytest.raises(BadSetting) as raised:
        load({env_name(field): value})
    assert raised.value.field == field
    assert env_name(field) in raised.value.detail
    assert value in raised.value.detail
    assert raised.value.hint == Settings.model_fields[field].description
