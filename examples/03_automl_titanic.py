"""Automated ML on the table that comes with the studio: who survived the Titanic?

A number after the name limits the models instead of the time: the same number and seed give the same leaderboard.
"""

import sys

from studiolo import Studio

limit = {"max_trials": int(sys.argv[1]), "time_limit": None} if len(sys.argv) > 1 else {"time_limit": 60}

studio = Studio()
table = studio.datasets.create_sample("titanic")
run = studio.automl.submit(dataset=table.reference, target="Survived", **limit)
print(f"learning from {table.rows} rows of {table.reference} within {limit} …")

done = studio.automl.wait(run.run.id)
board = studio.automl.leaderboard(run.run.id)
print(f"best by {board.metric}:")
for row in board.rows[:5]:
    if row.score is not None:
        print(f"  {row.rank}. {row.name}  {row.score:.4f}")

importance = studio.automl.importance(run.run.id)
if importance:
    columns = ", ".join(f"{found.column} {found.importance:.3f}" for found in importance.permutation[:3])
    print(f"what it looks at most: {columns}")
print(f"registered as {done.model}; load it anywhere: mlflow.pyfunc.load_model('{studio.models.load_uri(done.model)}')")
