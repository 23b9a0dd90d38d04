"""Endpoints: models that answer over HTTP.

`POST endpoints` (router) → `service.deploy` writes a deployment row, finds a port and makes two keys → the controller's
`reconcile.tick` links the model's files into a folder and starts a scorer (`scoring`) through the runner → the scorer loads
the model, answers its sample and writes `ready.json` → the tick lets it go live and ends the deployment before it.
A model that cannot be loaded leaves its traceback on the row, and the deployment before it keeps serving.

Requests go to the endpoint's own port; `/w/<workspace>/serve/<name>/…` forwards to it (`forward`).
"""
