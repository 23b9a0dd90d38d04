"""A slice is found by one word in every tree, and its SQL is its own."""

import re

import pytest

from tests.architecture.source import PACKAGE, ROOT, SLICES, STUDIO, imports, python_files, where

FACE = {"service", "schemas", "errors"}  # what a slice shows to the others
# a service that is split by noun shows these too; tables and repositories are never shown
MORE = {
    "experiments": {
        "artifacts",
        "delivery",
        "expressions",  # of commands, filled in where a step is entered again
        "job_schemas",  # the nouns of a job, beside `schemas`
        "job_files",  # files of jobs, which steps of pipelines are
        "functions",  # plain functions as jobs, and as steps
        "client",  # of the SDK: a slice's client and commands go on where these end
        "cli",
        "led",  # runs without a process, whose slice leads them
        "job_resolution",  # what a slice answers that resolves a job's references
        "at_once",  # what a job begins by in the transaction of who queues it
        "lineage",
        "logged",
        "overview",
        "parallel",  # how the data of a job is cut, which slices above do with tables
        "registering",  # outputs of jobs, taken by the slices whose nouns they become
        "tracking",
    },  # verbs that another slice calls inside its own transaction
    "datasets": {
        "table_file",  # reading a table is a library, used where no server is
        "rows",  # likewise: which rows of it a job takes
    },
    "workspace": {
        "notices",  # telling members something, in the caller's transaction
        "vault",  # what a job may use, and its value when it starts
    },
    "datastores": {
        "databases",  # a look into a database, before a dataset is made of it
        "ports",  # what a store is
        "opening",  # how a job opens one
        "usage",  # who says that it uses one
        "paths",
    },
    "models": {"names"},  # what a model may be called
    "pipelines": {
        "client",  # of the SDK: reads the file of a pipeline, and sends what it needs
        "published",  # which a schedule runs
    },
    "compute": {
        "backends",  # the port's answers, which the controller of runs decides upon
        "clusters",  # what runs have cost there
        "silence",  # what does not answer, told with the runs that are there
    },
}


def test_only_the_face_of_another_slice_is_imported() -> None:
    wrong = []
    for path in python_files("src/studiolo/studio"):
        own = path.relative_to(STUDIO).parts[0]
        for line, name in imports(path):
            match = re.match(r"studiolo\.studio\.(\w+)\.?(\w*)", name)
            if not match or match[1] == own or match[1] not in SLICES:
                continue
            if match[2] not in FACE | MORE.get(match[1], set()):
                wrong.append(f"{where(path, line)} imports {name}")
    assert not wrong, "another slice's SQL and files are private; use its service, schemas, errors:\n" + "\n".join(
        wrong
    )


def test_the_kernel_knows_no_slice() -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in python_files("src/studiolo/kernel", "src/studiolo/runner")
        for line, name in imports(path)
        if name.startswith("studiolo.studio.")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", ["router.py", "service.py"])
def test_sql_is_written_in_repositories(folder: str) -> None:
    wrong = [
        where(path, line)
        for path in STUDIO.glob(f"*/{folder}")
        for line, name in imports(path)
        if re.fullmatch(r"sqlalchemy\.(select|insert|update|delete|text|func)", name)
    ]
    assert not wrong, f"SQL belongs into repository.py: {', '.join(wrong)}"


@pytest.mark.parametrize("name", [name for name in SLICES if (STUDIO / name / "router.py").exists()])
def test_a_slice_with_routes_has_its_docs_and_tests(name: str) -> None:
    assert (ROOT / "docs" / "studio" / f"{name}.md").is_file(), f"docs/studio/{name}.md is missing"
    assert list((ROOT / "tests" / "studio" / name).rglob("test_*.py")), f"tests/studio/{name}/ has no test"


@pytest.mark.parametrize("name", SLICES)
def test_a_slice_says_what_it_is_and_imports_nothing_there(name: str) -> None:
    path = STUDIO / name / "__init__.py"
    assert path.read_text("utf-8").startswith('"""')
    assert list(imports(path)) == [], "the SDK imports slices: their __init__ stays light"


def test_every_slice_is_in_the_order_of_the_house() -> None:
    from studiolo.studio.slices import SLICES as ORDER

    assert sorted(ORDER) == SLICES


def test_the_ui_mirrors_the_slices() -> None:
    folder = ROOT / "ui" / "src" / "studio"
    pages = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    assert pages <= {*SLICES, "home"}, "a folder of the UI that is no slice"


def test_tests_mirror_the_tree() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    beside = {"architecture", "browser", "examples", "demo"}  # what looks at the whole
    found = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found <= packages | beside, f"no such package: {found - packages - beside}"
    assert {path.name for path in (ROOT / "tests/studio").iterdir() if path.is_dir()} <= {*SLICES, "__pycache__"}
