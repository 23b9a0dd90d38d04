"""Register a folder as its MLTable file says, see what its filter left, and write an MLTable for the version."""

import tempfile
from pathlib import Path

from studiolo import Studio

MLTABLE = """
type: mltable
paths:
  - pattern: ./*/sales.csv
transformations:
  - read_delimited: {delimiter: ","}
  - extract_columns_from_partition_format: "{year}/sales.csv"
  - convert_column_types:
      - {columns: [price], column_type: float}
  - filter: col("city") != "Urbino"
  - keep_columns: [city, year, price]
"""

studio = Studio()
with tempfile.TemporaryDirectory() as place:
    folder = Path(place) / "paintings"
    for year in ("1475", "1476"):
        (folder / year).mkdir(parents=True)
        price = "12.5" if year == "1475" else "unknown"
        more = "Mantova,8,-\n" if year == "1476" else ""
        (folder / year / "sales.csv").write_text(f"city,price,note\nUrbino,3,-\nGubbio,{price},-\n{more}")
    (folder / "MLTable").write_text(MLTABLE)
    studio.datasets.wait_for(studio.datasets.send(folder))
    found = studio.datasets.get("paintings")
    columns = [column.name for column in found.table.columns]
    print(f"{found.reference}: {found.rows} rows of {columns}, read as {found.format}")
    print(f"{found.table.losses['price']} price could not be read")
    print(found.to_pandas())

    here = studio.datasets.download("paintings", Path(place) / "here")
    (here / "MLTable").write_text(studio.datasets.mltable("paintings"))
    studio.datasets.wait_for(studio.datasets.send(here, "again"))
    print(f"read again: {studio.datasets.get('again').rows} rows")
