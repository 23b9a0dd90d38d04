"""Ask questions of datasets in SQL, keep an answer as a dataset, look at rows anywhere."""

import pandas as pd

from studiolo import Studio

studio = Studio()
panels = pd.DataFrame(
    {
        "city": ["Urbino", "Gubbio", "Urbino", "Mantua"] * 25,
        "panel": range(100),
        "width": [41.5, 38.0, None, 52.25] * 25,
    }
)
places = pd.DataFrame({"city": ["Urbino", "Gubbio", "Mantua"], "region": ["Marche", "Umbria", "Lombardy"]})
studio.datasets.create(panels, name="panels")
studio.datasets.create(places, name="places")

answer = studio.datasets.sql(
    """
    select region, count(*) as panels, round(avg(width), 1) as width
    from panels join places using (city)
    group by region order by panels desc
    """
)
print(answer)
print(answer.to_pandas().to_string(index=False))

kept = answer.save("panels-by-region", description="How many panels each region has")
print(f"saved as {kept.reference}, made from:")
for edge in studio.datasets.lineage("panels-by-region"):
    print("  ", edge.source, "->", edge.target)

widest = studio.datasets.rows(
    "panels", sort=["-width"], where=[{"column": "city", "op": "in", "values": ["Mantua"]}], limit=2
)
print(f"{widest.total} panels in Mantua, the widest: {widest.rows}")
