"""What the job of a step left behind becomes its outputs: a manifest of a folder, a file, or a value."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.blobs import Blob, BlobStore
from studiolo.studio.experiments.artifacts import Stored
from studiolo.studio.pipelines import held, loops, typing_rules
from studiolo.studio.pipelines.checking import IMPLICIT
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Graph, OutputPort, Port, Step

_MOST_TEXT = 64 << 10
_NAMED = 1000  # files of a reused step's outputs that are named as artifacts of its own run


class Missing(Exception):
    """A declared output is not there, or is not what it was declared as; the message is a sentence that names it."""


def outputs(
    blobs: BlobStore, step: Step, files: Sequence[Stored], read: Collection[str], source: str
) -> dict[str, Held]:
    """Return the outputs of a job. files: all that it left; read: outputs that something reads; source: for lineage.

    Raises Missing: for a file that was not written, and for a folder that is empty though another step reads it.
    """
    made = {
        name: _one(blobs, name, port, files, source, wanted=name in read)
        for name, port in step.makes.items()
        if name not in IMPLICIT
    }
    for name in IMPLICIT:
        if name in read:
            made[name] = _everything(blobs, name, files, source)
    return made


def _one(blobs: BlobStore, name: str, port: OutputPort, files: Sequence[Stored], source: str, *, wanted: bool) -> Held:
    about = {"label": name, "source": source, "output": name}
    alone = next((file for file in files if file.path == name), None)
    inside = [file for file in files if file.path.startswith(f"{name}/")]
    if port.type in typing_rules.LITERALS:
        if alone is None:
            raise Missing(f"Output '{name}' was not written: the command left no file at ${{{{outputs.{name}}}}}.")
        return _value(blobs, name, port, alone)
    if port.type == typing_rules.FILE:
        if alone is None:
            left = f"it is a folder with {len(inside)} files" if inside else "the command left no file there"
            raise Missing(f"Output '{name}' is a uri_file, and {left}.")
        return held.file(port.type, name, alone.digest, alone.size, **about)
    if alone is not None:
        if port.type == "custom_model":
            return held.file(port.type, name, alone.digest, alone.size, **about)
        raise Missing(f"Output '{name}' is a {port.type}, and the command left a file there.")
    if not inside and wanted:
        raise Missing(
            f"Output '{name}' was not written: its folder is empty, and it is read by another step or the pipeline."
        )
    entries = (manifests.Entry(file.path[len(name) + 1 :], file.size, file.digest) for file in inside)
    return held.folder(blobs, port.type, entries, **about)


def _value(blobs: BlobStore, name: str, port: OutputPort, file: Stored) -> Held:
    if file.size > _MOST_TEXT:
        raise Missing(f"Output '{name}' is a {port.type}, and its file has {file.size:,} bytes.")
    with blobs.open(file.digest) as source:
        text = source.read().decode("utf-8", "replace").strip()
    try:
        return held.literal(typing_rules.coerced(text, Port(type=port.type)), port.type)
    except typing_rules.Misfit as error:
        raise Missing(f"Output '{name}': {error}") from None


def _everything(blobs: BlobStore, name: str, files: Sequence[Stored], source: str) -> Held:
    """Return all that a job left, as Azure ML names it: its `outputs/` is a folder in it, its `logs/` another."""
    listed = {f.path if f.path.startswith(("logs/", "user_logs/")) else f"outputs/{f.path}": f for f in files}
    entries = (manifests.Entry(path, listed[path].size, listed[path].digest) for path in sorted(listed))
    return held.folder(blobs, "uri_folder", entries, label=name, source=source, output=name)


def of_pipeline(
    blobs: BlobStore, graph: Graph, made: Mapping[str, Mapping[str, Held]], items: Any = None
) -> dict[str, Held]:
    """Return the outputs of a pipeline that has completed. made: those of its steps; items: what its run keeps of a fan-out or loop."""
    if loops.is_one(items):
        last = made[str(len(made) - 1)]
        return {
            name: one.model_copy(update={"output": name, "label": name})
            for name, one in last.items()
            if name in graph.outputs
        }
    if items is not None:
        return {name: gathered(blobs, name, made, port.type) for name, port in graph.outputs.items()}
    found = {}
    for name, step in graph.steps.items():
        for port, given in step.outputs.items():
            if given.bind and port in made.get(name, {}):
                found[given.bind] = made[name][port].model_copy(update={"output": given.bind, "label": given.bind})
    return found


def gathered(blobs: BlobStore, name: str, made: Mapping[str, Mapping[str, Held]], kind: str) -> Held:
    """Return an output of a fan-out: a folder with one entry for each item, `0/…`, `1/…`. made: by number."""
    found: dict[str, manifests.Entry] = {}
    for number, outputs_ in made.items():
        one = outputs_.get(name)
        if one is None:
            continue
        if one.literal:
            blob = blobs.put(typing_rules.text(one.value).encode())
            found[f"{number}/{name}"] = manifests.Entry(f"{number}/{name}", blob.size, blob.digest)
        for entry in held.entries(blobs, one):
            path = f"{number}/{entry.path}"
            found[path] = manifests.Entry(path, entry.size, entry.digest)
    entries = (found[path] for path in sorted(found))
    return held.folder(blobs, kind, entries, label=name, output=name)


def named(blobs: BlobStore, made: Mapping[str, Held]) -> list[tuple[str, Blob]]:
    """Return outputs as files of a run, by path; of more than a thousand none, which the step still has."""
    if sum(one.count for one in made.values()) > _NAMED:
        return []
    found: list[tuple[str, Blob]] = []
    for name, one in made.items():
        if name in IMPLICIT:
            continue
        if one.literal:
            blob = blobs.put(typing_rules.text(one.value).encode())
            found.append((name, blob))
        for entry in held.entries(blobs, one):
            alone = not one.files[0].manifest and len(one.files) == 1
            found.append((name if alone else f"{name}/{entry.path}", Blob(str(entry.digest), entry.size)))
    return found
