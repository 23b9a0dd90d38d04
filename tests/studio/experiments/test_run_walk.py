"""A page is the same whether the runs are sorted or an index is walked, and so is its token."""

import itertools
import math

import pytest
from sqlalchemy import select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import parse, parse_order
from studiolo.studio.experiments import run_search, run_walk, tracking
from studiolo.studio.experiments.tables import experiments
from tests.studio.experiments.runs import a_run

ORDERS = [
    [],
    ["metrics.m DESC"],
    ["metrics.m ASC", "params.p DESC"],
    ["params.p ASC"],
    ["tags.t DESC", "metrics.m"],
    ["attributes.run_id DESC"],
    ["metrics.never"],
]
FILTERS = [
    "",
    "params.p = '1'",
    "metrics.m > 0.2 AND tags.t LIKE 't%'",
    "metrics.m != 0.25",
    "tags.t IS NULL",
    "params.p = 'no'",
    "attributes.status = 'RUNNING' AND params.p != '1'",
    "params.p = '1' AND tags.t = 't1'",
    "tags.t = 't1' AND metrics.m < 0.5 AND params.p = '3' AND params.p = '3'",
    "params.p = '1' AND params.p = '2'",
]


@pytest.fixture
def numbers(any_ctx: Context) -> list[int]:
    values = [0.5, math.nan, 0.25, 0.25, math.inf, None, -1.0]
    for n in range(21):
        _, seq = a_run(any_ctx, f"e{n % 3}")
        value = values[n % 7]
        with any_ctx.db.begin() as tx:
            tracking.record(
                tx,
                any_ctx,
                seq,
                metrics=[] if value is None else [("m", value, 0, 0)],
                params={"p": str(n % 4)} if n % 5 else {},
                tags={"t": f"t{n % 2}"} if n % 4 else {},
            )
    with any_ctx.db.read() as tx:
        return list(tx.execute(select(experiments.c.number)).scalars())


def paged(ctx: Context, some: list[int] | None, text: str, orders: list[str], sizes: list[int]) -> list[int]:
    """Read all pages; sizes: what counts as few, page by page."""
    found: list[int] = []
    token = ""
    with ctx.db.read() as tx:
        for few in itertools.cycle(sizes):
            run_walk.FEW = few
            page, following = run_search.page(
                tx, ctx, some, "active", parse(text), [parse_order(order) for order in orders], token, 4
            )
            found += [row.seq for row in page]
            if following is None:
                return found
            token = following
    return found


@pytest.mark.parametrize("text", FILTERS)
def test_walked_pages_are_sorted_pages(
    any_ctx: Context, numbers: list[int], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_walk, "FEW", run_walk.FEW)
    for orders in ORDERS:
        for some in (None, numbers, numbers[:1]):
            sorted_ = paged(any_ctx, some, text, orders, [1000])
            assert len(set(sorted_)) == len(sorted_)
            assert paged(any_ctx, some, text, orders, [0]) == sorted_, (orders, some)
            assert paged(any_ctx, some, text, orders, [0, 1000]) == sorted_, (orders, some)


def test_a_token_of_another_search_is_refused(
    any_ctx: Context, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_walk, "FEW", 0)
    with any_ctx.db.read() as tx:
        _, token = run_search.page(tx, any_ctx, None, "active", [], [parse_order("params.p")], "", 4)
        assert token
        with pytest.raises(MlflowError, match="page token"):
            run_search.page(tx, any_ctx, None, "active", [], [parse_order("metrics.m")], token, 4)
