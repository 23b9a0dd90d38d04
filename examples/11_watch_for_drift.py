"""Watch a dataset for drift: two good weeks are the baseline, in the third something moves."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from studiolo import Studio

studio = Studio()
chance = np.random.default_rng(0)
first = datetime(2026, 1, 5)  # noqa: DTZ001 - a column without a zone, as files have it
days = np.repeat(np.arange(21), 150)
moved = days >= 17
table = pd.DataFrame(
    {
        "sold_at": [
            first + timedelta(days=int(day), seconds=int(s))
            for day, s in zip(days, chance.integers(0, 86_400, len(days)), strict=True)
        ],
        "amount": chance.normal(np.where(moved, 58.0, 50.0), 10.0).round(2),
        "kind": np.where(chance.random(len(days)) < np.where(moved, 0.5, 0.2), "online", "shop"),
    }
)
version = studio.datasets.create(table, name="shop_sales")

monitors = studio.datasets.monitors
if "shop-sales" not in [one.name for one in monitors.list()]:
    monitors.create(
        "shop-sales",
        "shop_sales",
        "sold_at",
        baseline={"dataset": "shop_sales", "version": version.version, "timestamp": "sold_at", "end": "2026-01-19"},
    )
print(f"{len(monitors.preview('shop_sales', 'sold_at').windows)} days have rows")

for day in ("2026-01-20", "2026-01-23"):
    window = monitors.run("shop-sales", day)
    print(f"{day}: {window.rows} rows, magnitude {window.magnitude:.0%}, {window.why or 'no drift'}")

for feature in monitors.window("shop-sales", "2026-01-23").features:
    print(
        f"  {feature.name}: stability index {feature.psi:.3f}, noise up to {feature.floor:.3f}, drifts: {feature.drifting}"
    )

print([notice.title for notice in studio.workspace.notices.list(unread=True)])
