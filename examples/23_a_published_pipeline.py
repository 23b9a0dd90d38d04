"""A pipeline under a name: two versions of it, started over HTTP by a caller who has nothing but its key."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

from studiolo import Studio
from studiolo.sdk.pipelines import pipeline, step

studio = Studio()


@step
def weigh(grams: float, rate: float) -> float:
    return grams * rate


@pipeline(experiment="examples")
def price(grams: float, rate: float = 0.5):  # type: ignore[no-untyped-def]
    return {"price": weigh(grams, rate).result}


def ask(url: str, key: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask as any program would: HTTP, a key, JSON."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, Any] = json.load(reply)
        return answer


tried = studio.pipelines.submit(price(grams=3.0)).run.id
made = studio.pipelines.published.publish("price", tried)
key = made.new_keys[0].key  # shown this once
studio.pipelines.published.publish("price", tried, note="the same again", default=False)
found = studio.pipelines.published.get("price")
print(f"price has {len(found.versions)} versions, and version {found.default_version} is what callers get")

started = ask(made.url, key, {"inputs": {"grams": 4.0}})
while started["state"] not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
    started = ask(started["state_url"], key)
print(f"started with a key: {started['state']}, version {started['version']}")

try:
    ask(made.url, key, {"inputs": {"grams": "heavy"}})
except urllib.error.HTTPError as error:
    print(f"refused: {json.load(error)['field']}")

studio.pipelines.published.delete("price")
