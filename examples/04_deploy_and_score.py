"""Put a model behind HTTP and ask it, as any program would. Run 03_automl_titanic.py first."""

import json
import urllib.request

from studiolo import Studio

studio = Studio()
endpoint = studio.endpoints.deploy("titanic", name="titanic-example", wait=True)
print(f"{endpoint.name} answers at {endpoint.url}")

rows = studio.endpoints.sample(endpoint.name).rows[:2]
key = next(key.key for key in endpoint.keys if key.name == "primary")  # shown this once; keep it where secrets are kept
request = urllib.request.Request(
    endpoint.url,
    json.dumps({"data": rows}).encode(),
    {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
)
with urllib.request.urlopen(request, timeout=30) as reply:
    print("prediction:", json.load(reply))

stats = studio.endpoints.stats(endpoint.name)
print("requests so far:", stats.model_dump_json()[:200])

studio.endpoints.delete(endpoint.name)
print("deleted; its port is free again")
