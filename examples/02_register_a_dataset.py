"""Make a dataset of a table, look at it, and add a version."""

import pandas as pd

from studiolo import Studio

studio = Studio()
table = pd.DataFrame(
    {
        "city": ["Urbino", "Gubbio", "Mantua", "Ferrara", "Florence"] * 40,
        "year": [1476, 1479, 1523, 1543, 1572] * 40,
        "panels": [28, 20, None, 12, 34] * 40,
    }
)

first = studio.datasets.create(table, name="studioli")
print(f"{first.reference}: {first.rows} rows, {[column.name for column in first.table.columns]}")

again = studio.datasets.create(table, name="studioli")
print(f"the same table again is the same version: {again.reference}")

second = studio.datasets.create(table[table.year > 1500], name="studioli")
print(f"{second.reference}: {second.rows} rows; {first.reference} stays as it was")

for row in studio.datasets.preview("studioli", version=1, rows=3).rows:
    print("  ", row)

profile = studio.datasets.profile("studioli", version=1, wait=True)
for column in profile.columns:
    print(f"  {column.name}: {column.distinct} different values, {column.missing} missing")
