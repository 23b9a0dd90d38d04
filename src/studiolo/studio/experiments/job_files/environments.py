"""The `environment` of a job, and files that describe one, as definitions of the studio."""

import base64
import gzip
import io
import os
import re
import tarfile
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.environments import curated
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import snapshot
from studiolo.studio.experiments.job_files.document import FileNotThere, mapping, read, text, unknown
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

KNOWN = frozenset(
    [
        "$schema",
        "type",
        "name",
        "version",
        "description",
        "tags",
        "properties",
        "image",
        "conda_file",
        "build",
        "os_type",
        "inference_config",
        "requirements",
        "requirements_file",
        "pyproject",
        "pyproject_file",
        "packages",
        "python",
        "datastore",
        "container",
    ]
)
_SAYS_PACKAGES = ("image", "conda", "requirements", "pyproject", "packages", "build", "python")
_PACKAGES = ("conda", "requirements", "pyproject", "packages", "build")
_MOST = 10 << 20  # bytes of the folder of an image
_FORMS = (
    ("conda.yml", "conda"),
    ("conda.yaml", "conda"),
    ("conda_dependencies.yaml", "conda"),
    ("environment.yml", "conda"),
    ("requirements.txt", "requirements"),
    ("pyproject.toml", "pyproject"),
)


def of(given: Any, folder: Path) -> tuple[str | EnvironmentDefinition, list[str]]:
    """Return the environment that a job names or describes, and warnings; an empty text is the studio's own."""
    if given is None or isinstance(given, str):
        return text(given).strip(), []
    if not isinstance(given, dict):
        raise BadJob("'environment' must be a name or a mapping.", field="environment")
    return definition(given, folder)


def definition(raw: dict[str, Any], folder: Path) -> tuple[EnvironmentDefinition, list[str]]:
    """Make a definition of a mapping; files that it names count from the folder."""
    warnings = unknown(raw, KNOWN, "environment.")
    found: dict[str, Any] = {
        "name": text(raw.get("name")),
        "description": text(raw.get("description")),
        "tags": {key: text(value) for key, value in mapping(raw, "tags").items()},
        "python": text(raw.get("python")),
        "image": text(raw.get("image")).strip(),
        "container": bool(raw.get("container")),
    }
    conda = raw.get("conda_file")
    if isinstance(conda, dict):
        import yaml

        found["conda"] = yaml.safe_dump(conda, sort_keys=False)
    elif conda:
        found["conda"] = _text(folder / text(conda), "environment.conda_file")
    if raw.get("requirements_file"):
        found["requirements"] = _text(folder / text(raw["requirements_file"]), "environment.requirements_file")
    if isinstance(given := raw.get("requirements"), str):
        # `requirements: reqs.txt` means the file: no package is called so
        found["requirements"] = _text(folder / given, "environment.requirements") if _names_a_file(given) else given
    if pyproject := raw.get("pyproject_file") or raw.get("pyproject"):
        found["pyproject"] = _text(folder / text(pyproject), "environment.pyproject")
    if raw.get("packages") is not None:
        if not isinstance(raw["packages"], list):
            raise BadJob("'packages' must be a list of requirements.", field="environment.packages")
        found["packages"] = [text(item) for item in raw["packages"]]
    if build := mapping(raw, "build"):
        _build(found, build, folder)
    if warnings and not any(found.get(key) for key in _SAYS_PACKAGES):
        raise BadJob(f"The environment says nothing of its packages: {warnings[0]}.", field="environment")
    alone = found["image"] and not found["container"] and not any(found.get(key) for key in _PACKAGES)
    if alone and (said := curated.instead(found["image"])):
        warnings.append(said)
    return EnvironmentDefinition.model_validate(found), warnings


def _names_a_file(given: str) -> bool:
    return re.fullmatch(r"\S+\.(txt|in)", given.strip()) is not None


def _build(found: dict[str, Any], build: dict[str, Any], folder: Path) -> None:
    """Take the folder of an image, and what it says of Python's packages, which suffice where no image can be built."""
    context = folder / text(build.get("path") or ".")
    if not context.is_dir():
        raise FileNotThere(context, "environment.build.path")
    dockerfile = text(build.get("dockerfile_path")) or "Dockerfile"
    if (context / dockerfile).is_file():
        found["build"] = {"context": base64.b64encode(_packed(context)).decode(), "dockerfile": dockerfile}
    for name, key in _FORMS:
        if (context / name).is_file() and not any(found.get(form) for _, form in _FORMS):
            said = _text(context / name, "environment.build")
            if key == "conda" and "dependencies" not in said:  # such as a job that is called conda.yml
                continue
            found[key] = said
    if not found.keys() & {"build", *(form for _, form in _FORMS)}:
        raise FileNotThere(context / dockerfile, "environment.build.dockerfile_path")


def _packed(context: Path) -> bytes:
    """Return a folder as a tar that is the same each time; raises BadJob for one that is too large."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, path in sorted(snapshot.files(context, snapshot=True)):
            info = tarfile.TarInfo(name)
            info.size, info.mode = path.stat().st_size, 0o755 if os.access(path, os.X_OK) else 0o644
            if raw.tell() + info.size > _MOST:
                raise BadJob(
                    f"The folder {context} has more than {_MOST >> 20} MiB.",
                    "Leave out what the image does not need, by a .studioloignore.",
                    field="environment.build.path",
                )
            with path.open("rb") as file:
                tar.addfile(info, file)
    return gzip.compress(raw.getvalue(), mtime=0)


def from_file(path: Path) -> tuple[EnvironmentDefinition, list[str]]:
    """Read conda.yml, requirements.txt, pyproject.toml or an environment YAML of Azure ML."""
    if not path.is_file():
        raise FileNotThere(path, "file")
    if path.suffix == ".toml":
        return EnvironmentDefinition(pyproject=_text(path, "file")), []
    if path.suffix in (".txt", ".in"):
        return EnvironmentDefinition(requirements=_text(path, "file")), []
    raw = read(path)
    if "dependencies" in raw and not (raw.keys() & {"image", "conda_file", "build"}):
        return EnvironmentDefinition(name=text(raw.get("name")), conda=_text(path, "file")), []
    return definition(raw, path.resolve().parent)


def _text(path: Path, name: str) -> str:
    if not path.is_file():
        raise FileNotThere(path, name)
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadJob(f"{path} is no text: {error}", "Save it as UTF-8.", field=name) from None
