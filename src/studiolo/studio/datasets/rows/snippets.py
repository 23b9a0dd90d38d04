"""Ready code for a version: how pandas, Polars, DuckDB and others take its rows. Tests run each of them."""

import json
import keyword
import re
from collections.abc import Sequence

from studiolo.studio.datasets.rows.schemas import Snippet
from studiolo.studio.datasets.schemas import ColumnSchema

HEAD = 'from studiolo import Studio\n\nversion = Studio().datasets.get("{name}", version={version})\n'
NUMBERS = ("integer", "number", "decimal", "boolean")


def of_table(
    name: str,
    version: int,
    columns: Sequence[ColumnSchema],
    target: str = "",
    timestamp: str = "",
    *,
    span: tuple[str, str] | None = None,
    referenced: bool = False,
) -> list[Snippet]:
    """Return the code for a table. target, timestamp: the column that models predict, and that of moments, where they are known.

    span: moments between which some of the rows lie. referenced: its files stay in their datastore and are not fetched from here.
    """
    head = HEAD.format(name=name, version=version)
    table = re.sub(r"\W", "_", name)
    numbers = [column.name for column in columns if column.type in NUMBERS and column.name != target][:8]
    pair = bool(target)
    torch = (
        f"from torch.utils.data import DataLoader\n\n{head}"
        f"rows = version.to_torch(columns={json.dumps(numbers, ensure_ascii=False)}{f', target={json.dumps(target)}' if pair else ''})\n"
        "for batch in DataLoader(rows, batch_size=256):\n"
        f"    {'features, labels = batch' if pair else 'features = batch'}\n    break\n"
    )
    some = json.dumps([column.name for column in columns][:2], ensure_ascii=False)
    return [
        Snippet(id="pandas", title="pandas", code=f"{head}frame = version.to_pandas()\nprint(frame.head())\n"),
        Snippet(
            id="polars",
            title="Polars",
            needs="polars",
            code=f"{head}frame = version.to_polars()\nprint(frame.head())\n",
        ),
        Snippet(
            id="duckdb",
            title="DuckDB",
            code=f'{head}connection = version.to_duckdb(table="{table}")\n'
            f"print(connection.sql('SELECT count(*) FROM \"{table}\"'))\n",
        ),
        Snippet(
            id="pyarrow",
            title="PyArrow",
            code=f"{head}table = version.to_arrow(columns={some})  # only these columns are read and sent\n"
            "for batch in version.to_batches():  # or batch by batch, in bounded memory\n    print(batch.num_rows)\n",
        ),
        *([Snippet(id="torch", title="PyTorch", needs="torch", code=torch)] if numbers else []),
        Snippet(
            id="huggingface",
            title="Hugging Face",
            needs="datasets",
            code=f"{head}dataset = version.to_hf()  # with streaming=True in bounded memory\nprint(dataset.features)\n",
        ),
        Snippet(
            id="split",
            title="Split",
            code=f'{head}parts = version.split({{"train": 0.8, "test": 0.2}}, seed=42)  # recorded: the same everywhere\n'
            'train, test = parts["train"].to_pandas(), parts["test"].to_pandas()\n',
        ),
        *([_window(name, version, timestamp, span)] if timestamp else []),
        *([] if referenced else [Snippet(id="files", title="Files", code=f'{head}print(version.download("data"))\n')]),
        _job(name, version, "mltable"),
        _shell(name, version),
    ]


def of_files(name: str, version: int) -> list[Snippet]:
    """Return the code for a version of files as they are."""
    head = HEAD.format(name=name, version=version)
    return [
        Snippet(id="files", title="Files", code=f'{head}print(version.download("data"))\n'),
        _job(name, version, "uri_folder"),
        Snippet(
            id="shell",
            title="Command line",
            language="bash",
            code=f"studiolo datasets download {name}:{version} data\n",
        ),
    ]


def _window(name: str, version: int, timestamp: str, span: tuple[str, str] | None) -> Snippet:
    """span: moments between which some of the rows lie."""
    start, end = span or ("2026-01-01", "2026-02-01")
    code = (
        f"from datetime import timedelta\n\n{HEAD.format(name=name, version=version)}"
        f"# by the column {timestamp}; files and parts of files outside are not read\n"
        f'window = version.time_between("{start}", "{end}").to_pandas()\n'
        f'newer = version.time_after("{start}").to_pandas()\n'
        "recent = version.time_recent(timedelta(days=30)).to_pandas()  # until now\n"
    )
    return Snippet(id="window", title="Window of time", code=code)


def _job(name: str, version: int, kind: str) -> Snippet:
    word = re.sub(r"\W", "_", name)
    word = f"data_{word}" if keyword.iskeyword(word) or word[:1].isdigit() else word
    code = (
        "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
        f"command: python train.py --data ${{{{inputs.{word}}}}}\ninputs:\n  {word}:\n    type: {kind}\n"
        f"    path: azureml:{name}:{version}  # or studiolo:{name}:{version}\n"
    )
    return Snippet(id="job", title="Job", language="yaml", code=code)


def _shell(name: str, version: int) -> Snippet:
    code = (
        f"studiolo datasets preview {name}:{version}\nstudiolo datasets profile {name}:{version}\n"
        f"studiolo datasets export {name}:{version} {name}.parquet\n"
    )
    return Snippet(id="shell", title="Command line", language="bash", code=code)
