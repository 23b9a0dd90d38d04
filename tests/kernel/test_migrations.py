"""The migrations make what the tables say, on both databases."""

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import studiolo.studio
from studiolo.kernel.auth.request import Services
from studiolo.kernel.db.metadata import metadata

UNCHECKED = ("postgresql", "fk_metrics_run")  # migration 0009 says why


# indexes on expressions cannot be read back on SQLite; PostgreSQL compares them
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrated_schema_is_what_the_tables_say(any_services: Services) -> None:
    for info in pkgutil.walk_packages(studiolo.studio.__path__, "studiolo.studio."):
        if info.name.endswith("tables"):
            importlib.import_module(info.name)
    with any_services.db.engine.connect() as connection:
        options = {"include_object": lambda _, name, __, ___, ____: (any_services.db.dialect, name) != UNCHECKED}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    assert differences == []
