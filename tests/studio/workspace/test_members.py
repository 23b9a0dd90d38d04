"""Members, roles and the last owner, on both databases."""

import pytest

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Conflict
from studiolo.kernel.events import outbox
from studiolo.studio.workspace import service
from studiolo.studio.workspace.errors import AccountNotFound, HouseOnly, LastOwner, MemberNotFound
from studiolo.studio.workspace.schemas import AccountCreate


def with_ada(ctx: Context, role: Role | None = None) -> None:
    service.create_account(ctx, AccountCreate(name="ada", password="correct horse", role=role))


def elsewhere(ctx: Context) -> Context:
    """The same actor in a second workspace."""
    service.create(ctx, "lab")
    with ctx.db.read() as tx:
        from studiolo.kernel.auth import repository

        row = repository.workspace(tx, "lab")
    assert row is not None
    return ctx.within(row.id, "lab")


def test_an_account_becomes_a_member_by_its_role(any_ctx: Context) -> None:
    with_ada(any_ctx)
    assert [member.name for member in service.members(any_ctx)] == ["owner"]
    service.set_role(any_ctx, "ada", Role.reader)
    service.set_role(any_ctx, "ada", Role.contributor)
    assert [(member.name, member.role) for member in service.members(any_ctx)] == [
        ("ada", Role.contributor),
        ("owner", Role.owner),
    ]


def test_the_last_owner_cannot_be_demoted_removed_or_shut_out(any_ctx: Context) -> None:
    with_ada(any_ctx, Role.reader)
    for attempt in (
        lambda: service.set_role(any_ctx, "owner", Role.reader),
        lambda: service.remove_member(any_ctx, "owner"),
        lambda: service.set_disabled(any_ctx, "owner", True),
    ):
        with pytest.raises(LastOwner, match="owner"):
            attempt()
    assert service.members(any_ctx)[1].role is Role.owner


def test_a_disabled_owner_does_not_count_as_one(any_ctx: Context) -> None:
    with_ada(any_ctx, Role.owner)
    service.set_disabled(any_ctx, "ada", True)
    with pytest.raises(LastOwner):
        service.set_role(any_ctx, "owner", Role.reader)
    service.set_disabled(any_ctx, "ada", False)
    assert service.set_role(any_ctx, "owner", Role.reader).role is Role.reader


def test_shutting_out_looks_at_every_workspace(any_ctx: Context) -> None:
    with_ada(any_ctx, Role.owner)
    elsewhere(any_ctx)
    with pytest.raises(LastOwner, match="lab"):
        service.set_disabled(any_ctx, "owner", True)


def test_removing_a_stranger_names_what_is_wrong(any_ctx: Context) -> None:
    with pytest.raises(AccountNotFound, match="nobody"):
        service.remove_member(any_ctx, "nobody")
    with_ada(any_ctx)
    with pytest.raises(MemberNotFound, match="ada"):
        service.remove_member(any_ctx, "ada")


def test_accounts_and_workspaces_are_looked_after_from_default_only(any_ctx: Context) -> None:
    with_ada(any_ctx)
    lab = elsewhere(any_ctx)
    for attempt in (
        lambda: service.accounts(lab),
        lambda: service.create(lab, "more"),
        lambda: service.set_disabled(lab, "ada", True),
        lambda: service.set_password(lab, "ada", "another horse"),
        lambda: service.create_account(lab, AccountCreate(name="eve")),
    ):
        with pytest.raises(HouseOnly, match="lab"):
            attempt()
    assert service.set_role(lab, "ada", Role.reader).name == "ada"  # members are the workspace's own matter


def test_a_name_that_is_taken_is_refused(any_ctx: Context) -> None:
    with_ada(any_ctx)
    with pytest.raises(Conflict, match="ada"):
        with_ada(any_ctx)
    with pytest.raises(Conflict, match="default"):
        service.create(any_ctx, "default")


def test_a_change_of_members_is_an_event(any_ctx: Context) -> None:
    with_ada(any_ctx)
    service.set_role(any_ctx, "ada", Role.reader)
    service.remove_member(any_ctx, "ada")
    with any_ctx.db.read() as tx:
        kinds = [event.kind for event in outbox.after(tx, 0)]
    assert kinds == ["account.created", "member.updated", "member.removed"]


def test_summary_says_what_the_workspace_stands_on(any_ctx: Context) -> None:
    found = service.summary(any_ctx)
    assert (found.name, found.members, found.database) == ("default", 1, any_ctx.db.dialect)
    assert found.home == str(any_ctx.settings.home)
    assert 0 < found.disk_free <= found.disk_total
