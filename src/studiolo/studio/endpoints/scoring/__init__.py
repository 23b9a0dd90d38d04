"""The scorer: one deployment's model behind HTTP, in processes of its own, with nothing of the server in them.

    python -m studiolo.studio.endpoints.scoring.main FOLDER/deployment.json

`main` is the supervisor (standard library): it starts the workers, writes `ready.json` or `failed.json` into
FOLDER, waits for the file `live`, takes the listening socket over from the deployment before it (`handover`) or binds it,
gives it to the workers, restarts those that die, and drains them when it is told to end.
`worker` loads the model in the best tier that it has (`tiers`), answers its sample once, and serves `app` with uvicorn.

A request: `app` finds the route, checks the key (`keys`), collects the body within its limit → `bodies` makes a table of
what it says in any of the accepted shapes → the tier checks the columns (`inputs`) and predicts → `answers` writes the
JSON; `telemetry` counts it in a small shared file, `request_log` writes a line.
"""
