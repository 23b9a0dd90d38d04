"""Connect a database as a datastore, look into it, and make a dataset of a query's rows."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from studiolo import Studio

studio = Studio()
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "shop.db"  # in real life: kind="postgresql", "mysql", "sqlserver", "snowflake", "bigquery"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, country TEXT, euros REAL)")
        rows = [(i, "FR" if i % 3 else "IT", i / 4) for i in range(1, 301)]
        made.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)

    store = studio.datastores.create("shop", "sqlite", path=str(path), description="What was ordered")
    print(f"{store.name} works: {studio.datastores.check('shop').ok}")
    for table in studio.datastores.tables("shop", "main"):
        columns = studio.datastores.columns("shop", table.name, "main").columns
        print(f"  {table.name}: {', '.join(f'{column.name} {column.type}' for column in columns)}")

    query = "SELECT country, count(*) AS orders, sum(euros) AS euros FROM orders GROUP BY country ORDER BY country"
    for row in studio.datastores.query("shop", query).rows:
        print(f"  {row}")

    started = studio.datasets.register("orders", datastore="shop", query="SELECT * FROM orders WHERE country = 'IT'")
    done = studio.datasets.wait_for(started)
    studio.datastores.delete("shop")  # the database goes with this example; the dataset has the rows

frame = studio.datasets.get("orders", version=done.version).to_pandas()
print(f"orders:{done.version} has {len(frame)} rows; the sum is {frame['euros'].sum():.2f}")
