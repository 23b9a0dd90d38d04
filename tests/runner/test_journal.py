"""The journal: whole lines, whoever writes."""

import math
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from studiolo.runner.journal import Journal, read


def lines(path: Path) -> list[dict]:
    return read(path.read_bytes())[0]


def test_each_kind_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.param("rows", 3)
    journal.metric("auc", 0.5, step=2)
    journal.tag("note", "α")
    journal.progress(1, 2, "folds")
    journal.child("a" * 32, "trial 1", "Running", params={"depth": 3}, metrics={"auc": np.float32(0.5)})
    journal.document("automl/guardrails", {"n": np.int64(3), "v": np.arange(2)})
    found = [{key: value for key, value in line.items() if key != "at"} for line in lines(path)]
    assert found == [
        {"kind": "param", "key": "rows", "value": "3"},
        {"kind": "metric", "key": "auc", "value": 0.5, "step": 2},
        {"kind": "tag", "key": "note", "value": "α"},
        {"kind": "progress", "done": 1.0, "total": 2.0, "label": "folds"},
        {"kind": "child", "id": "a" * 32, "name": "trial 1", "state": "Running"}
        | {"params": {"depth": "3"}, "metrics": {"auc": 0.5}, "tags": {}}
        | {"child_kind": "trial"},
        {"kind": "document", "name": "automl/guardrails", "value": {"n": 3, "v": [0, 1]}},
    ]


def test_reports_about_a_child_name_it(tmp_path: Path) -> None:
    Journal(tmp_path / "j").of("b" * 32).metric("auc", 1)
    assert lines(tmp_path / "j")[0]["run"] == "b" * 32


def test_nan_and_infinity_come_through(tmp_path: Path) -> None:
    Journal(tmp_path / "j").metric("loss", math.nan)
    Journal(tmp_path / "j").metric("loss", -math.inf)
    first, second = lines(tmp_path / "j")
    assert math.isnan(first["value"])
    assert second["value"] == -math.inf


def test_outside_of_a_job_reports_go_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDIOLO_JOURNAL", raising=False)
    Journal().metric("auc", 1)
    assert list(tmp_path.iterdir()) == []


def test_a_torn_last_line_waits_for_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "j"
    Journal(path).tag("a", "1")
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes() + b'{"kind":"tag","key":"b"')
    entries, taken = read(path.read_bytes())
    assert (len(entries), taken) == (1, whole)


def test_lines_that_are_no_reports_are_left_out() -> None:
    data = b'garbage\n[1]\n{"kind":"other"}\n{"kind":"tag","key":"a","value":"1"}\n\n'
    entries, taken = read(data)
    assert [entry["key"] for entry in entries] == ["a"]
    assert taken == len(data)


def test_many_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "j"
    workers = []
    for worker in range(4):
        pid = os.fork()
        if pid == 0:
            for number in range(200):
                Journal(path).tag(f"{worker}-{number}", "x" * 500)
            os._exit(0)
        workers.append(pid)
    threads = [threading.Thread(target=Journal(path).tag, args=(f"t{n}", "y" * 500)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pid in workers:
        os.waitpid(pid, 0)
    assert len({line["key"] for line in lines(path)}) == 820


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is Linux")
    with pytest.raises(OSError, match="No space left"):
        Journal("/dev/full").tag("a", "1")
