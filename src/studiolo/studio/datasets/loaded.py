"""What every child that reads tables needs, loaded once in the process that forks them; see `children`."""

import duckdb  # noqa: F401
import numpy  # noqa: F401, ICN001
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet  # noqa: F401

from studiolo.studio.datasets import inspect_process, looking, table_file  # noqa: F401
from studiolo.studio.datasets.explore import export_process, sql_process, view_process  # noqa: F401
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.images import gallery_process  # noqa: F401
from studiolo.studio.datasets.inspections import process
from studiolo.studio.datasets.monitors import counting_process, pairs_process  # noqa: F401
from studiolo.studio.datasets.reading.engine import open_before_forks
from studiolo.studio.datasets.rows import process as rows_process  # noqa: F401
from studiolo.studio.datasets.schemas import Preview, Reading, TableSchema

family()
for noun in (Preview, Reading, TableSchema):
    noun.model_rebuild()  # else each child would make their checks anew
open_before_forks(process.look_at_little)
