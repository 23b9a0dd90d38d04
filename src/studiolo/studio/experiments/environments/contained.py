"""Environments that are container images: whether a definition is one, and the folder that the image is built from.

The folder is kept as one tar, which is the lock of the version: a Dockerfile that names the image, with requirements put on top of it
where there are some; or the folder that was sent.
"""

import base64
import binascii
import gzip
import hashlib
import io
import platform
import re
import tarfile
from typing import NamedTuple

from studiolo.studio.experiments.environments import curated, sources
from studiolo.studio.experiments.environments.errors import BadEnvironment
from studiolo.studio.experiments.job_schemas import EnvironmentBuild, EnvironmentDefinition

DOCKERFILE, REQUIREMENTS = "Dockerfile", "studiolo-requirements.txt"
PULLED = "image"  # the source of one that nothing is built for
MOST_BYTES = 64 << 20  # of a folder, unpacked
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
_FORMS = ("conda", "requirements", "pyproject", "packages")


class Contained(NamedTuple):
    """data: the tar; hash: names the built image; source: for people; packages: on top of the image; pulled: nothing is built."""

    data: bytes
    hash: str
    source: str
    packages: int
    dockerfile: str
    pulled: bool


def wanted(given: EnvironmentDefinition) -> bool:
    """Say whether a definition describes an image that there is no recipe for."""
    if given.build is not None or given.container:
        return True
    return bool(given.image) and not curated.recipe(given.image) and not curated.plain(given.image)


def without(given: EnvironmentDefinition) -> bool:
    """Say whether a definition tells of packages too, which suffice where no container can be run."""
    return not given.container and any(getattr(given, form) is not None for form in _FORMS)


def made(given: EnvironmentDefinition) -> Contained:
    """Return the folder of an image; raises BadEnvironment."""
    if given.build is not None:
        return _built(given.build)
    image = given.image.strip()
    if not _IMAGE.fullmatch(image):
        raise BadEnvironment(
            f"'{image[:200]}' is no name of an image.",
            "Write it as registry/name:tag, or name@sha256:….",
            field="image",
        )
    forms = any(getattr(given, form) is not None for form in _FORMS)
    asked = sources.asked(given) if forms else None
    lines = asked.requirements if asked else []
    files = {DOCKERFILE: f"FROM {image}\n"}
    if lines:
        files[DOCKERFILE] += (
            f"USER 0\nCOPY {REQUIREMENTS} /tmp/{REQUIREMENTS}\n"
            f"RUN python3 -m pip install --no-cache-dir --disable-pip-version-check -r /tmp/{REQUIREMENTS}\n"
        )
        files[REQUIREMENTS] = "".join(f"{line}\n" for line in lines)
    data = packed({name: text.encode() for name, text in files.items()})
    source = f"image and {asked.source}" if asked and lines else PULLED
    return Contained(data, named(data), source, len(lines), DOCKERFILE, not lines)


def _built(given: EnvironmentBuild) -> Contained:
    try:
        data = base64.b64decode(given.context, validate=True)
        with tarfile.open(fileobj=io.BytesIO(_unzipped(data)), mode="r:") as tar:
            names = {member.name.removeprefix("./") for member in tar.getmembers()}
    except (binascii.Error, ValueError, OSError, EOFError, tarfile.TarError) as error:
        raise BadEnvironment(f"The folder of the image cannot be read: {error}.", field="build.context") from None
    if given.dockerfile.removeprefix("./") not in names or ".." in given.dockerfile.split("/"):
        raise BadEnvironment(
            f"There is no '{given.dockerfile[:200]}' in the folder of the image.",
            "Write its path in the folder as build.dockerfile_path.",
            field="build.dockerfile",
        )
    return Contained(data, named(data, given.dockerfile), "Dockerfile", 0, given.dockerfile, False)


def named(data: bytes, dockerfile: str = DOCKERFILE) -> str:
    """Return the name of an image: the same folder on the same kind of machine is the same image."""
    about = f"container 1\n{platform.machine()}\n{dockerfile}\n".encode()
    return hashlib.sha256(about + _unzipped(data)).hexdigest()[:40]


def packed(files: dict[str, bytes]) -> bytes:
    """Return files as a tar that is the same each time."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(files[name]), 0o755 if files[name].startswith(b"#!") else 0o644
            tar.addfile(info, io.BytesIO(files[name]))
    return gzip.compress(raw.getvalue(), mtime=0)


def dockerfile_of(data: bytes, dockerfile: str) -> str:
    """Return the Dockerfile of a folder, as text."""
    with tarfile.open(fileobj=io.BytesIO(_unzipped(data)), mode="r:") as tar:
        for member in tar:
            if member.name.removeprefix("./") == dockerfile.removeprefix("./") and (file := tar.extractfile(member)):
                return file.read().decode("utf-8", "replace")
    return ""


def _unzipped(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES >> 20} MiB")
    return raw
