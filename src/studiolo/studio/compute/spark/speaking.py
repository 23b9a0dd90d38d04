"""Speaks to a Spark by Spark Connect, in a process of its own: `PYTHON -I speaking.py` with a question as JSON on standard input.

It imports nothing of the studio's, since the Python may be any that has pyspark. Questions: {"verb": "probe" | "close",
"remote": the connection string}. Answers, on the last line: {"version", "python", "pyspark"}, {"interrupted": n}, or
{"cause": a word, "said": Spark's own}.
"""

import json
import platform
import re
import sys
import warnings
from typing import Any


def main() -> dict[str, Any]:
    """Answer one question."""
    question = json.loads(sys.stdin.read())
    warnings.simplefilter("ignore")
    try:
        import pyspark
        from pyspark.sql.connect.client import SparkConnectClient
    except ImportError as error:
        return {"cause": "extra", "said": str(error)}
    try:
        client = SparkConnectClient(
            connection=question["remote"], retry_policy={"max_retries": question.get("retries", 2)}
        )
        if question["verb"] == "probe":
            version = str(client._analyze(method="spark_version").spark_version)  # noqa: SLF001 - what `spark.version` asks
            client.release_session()
            return {"version": version, "python": platform.python_version(), "pyspark": pyspark.__version__}
        interrupted = client.interrupt_all() or []
        client.release_session()
        return {"interrupted": len(interrupted)}
    except Exception as error:  # noqa: BLE001 - whatever Spark says is told to whoever asked
        return wrong(str(error))


def wrong(said: str) -> dict[str, Any]:
    """Return the cause of an error, and its own words."""
    details = re.search(r'details = "(.*?)"\n', said, re.DOTALL)
    text = details[1] if details else said.strip().splitlines()[0] if said.strip() else "no words"
    if "SESSION_CLOSED" in said:
        return {"interrupted": 0}
    for sign, cause in (("UNAUTHENTICATED", "refused"), ("PERMISSION_DENIED", "refused"), ("UNAVAILABLE", "away")):
        if sign in said:
            return {"cause": cause, "said": text}
    return {"cause": "other", "said": text}


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main()) + "\n")
