"""Workspaces: the context of everything.

A workspace has members with roles; accounts belong to the whole studio. What is done to either is written to the audit
trail. `PUT /w/default/api/workspace/members/ada {"role": "Reader"}` -> `router.set_role` asks for `workspace.write` ->
`service.set_role` opens one transaction: locks the workspace, sees that an owner is left, writes the membership, the
audit row and the event `member.updated`. The tables are the kernel's (`kernel/auth`), since every request needs them.
"""
