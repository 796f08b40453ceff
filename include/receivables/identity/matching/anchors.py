"""A person's lasting id (錨): which anchor a group keeps or gets, and the event behind every move.

A group's first anchor is the ref of its survivor: a living person of the register first, then any of the register,
then the oldest 宛名番号, then the least ref. Afterwards an anchor lives as long as one member remains: with the group
that holds the anchor's own ref, else with the one that holds most of its members. Where anchors meet (併合), the
survivor's stays. If a ref comes back whose anchor others still bear, it gets that ref with `~2` behind. A retired
anchor is kept by nobody and given to nobody.

A group without a person of the register is no debtor yet. When the first one joins, it takes an anchor of the register;
what it was called before ends, so that a person of the register is never known by a department's number.
"""

from itertools import count

from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.workspace import Connection

_KEPT = """
create or replace temp table kept as
with held as (
    select b.anchor, split_part(b.anchor, '~', 1) as own, g.grp, bool_or(g.ref = own) as has_own, count(*) as members,
        min(g.ref) as least, bool_or(r.is_registered) as is_named
    from before as b join grouping as g on g.ref = b.person_ref join ranked as r on r.ref = b.person_ref
    where b.anchor not in (select anchor from retired)
    group by 1, 2, 3
),
owner as (
    select anchor, own, grp, is_named from held
    qualify row_number() over (partition by anchor order by has_own desc, members desc, least) = 1
)
select o.grp, o.anchor from owner as o left join ranked as r on r.ref = o.own and r.grp = o.grp
where r.is_registered is not false or o.is_named or o.grp not in (select grp from ranked where is_registered)
qualify row_number() over (partition by o.grp order by r.place nulls last, length(o.anchor), o.anchor) = 1
"""
_TAKEN = "select anchor from kept union select anchor from elsewhere union select anchor from retired"
_FRESH = f"""
create or replace temp table fresh as
with taken as ({_TAKEN})
select r.grp, min_by(r.ref, r.place) as ref, min_by(r.ref, r.place) filter (
    where t.anchor is null and (r.is_registered or r.grp not in (select grp from ranked where is_registered))
) as anchor
from ranked as r left join taken as t on t.anchor = r.ref
where r.grp not in (select grp from kept) group by 1
"""
_ASSIGNED = """
create or replace temp table assigned as
select g.ref as person_ref, coalesce(k.anchor, f.anchor) as anchor
from grouping as g left join kept as k on k.grp = g.grp left join fresh as f on f.grp = g.grp
"""
# Of a ref that went from one living anchor to another, two things are told.
_EVENTS = """
create or replace temp table event as
with moved as (
    select coalesce(b.person_ref, a.person_ref) as person_ref, b.anchor as from_anchor, a.anchor as to_anchor,
        b.anchor in (select anchor from assigned) as lives_on, a.anchor in (select anchor from before) as is_old
    from before as b full join assigned as a on a.person_ref = b.person_ref
    where a.anchor is distinct from b.anchor
),
told as (
    select *, case
        when from_anchor is null then if(is_old, ['joined'], ['created'])
        when to_anchor is null then ['left']
        when not is_old then ['split']
        when lives_on then ['left', 'joined']
        else ['merged'] end as events
    from moved
)
select unnest(events) as event, person_ref, from_anchor, to_anchor from told
"""


def assign(connection: Connection, declaration: Declaration, table: str) -> None:
    """The tables `assigned` (`person_ref`, `anchor`) and `event` for every row of `grouping`.

    Reads `grouping`, the persons in `table`, `before` (`person_ref`, `anchor`) of all persons whom this concerns, and
    `elsewhere` and `retired` (`anchor`), which nobody here may take; nor may anybody keep a retired one. An
    event has `event` (created, joined, left, merged, split), `person_ref`, `from_anchor`, `to_anchor`; no ref changes
    its anchor without one.
    """
    is_registered = "coalesce(is_registered, false)" if "is_registered" in declaration.derived else "false"
    order = ", ".join([*declaration.survivor, f"{declaration.unique_id} asc"])
    connection.execute(f"""
        create or replace temp table ranked as
        select g.ref, g.grp, {is_registered} as is_registered,
            row_number() over (partition by g.grp order by {order}) as place
        from grouping as g join {table} as p on p.{declaration.unique_id} = g.ref
    """)
    connection.execute(_KEPT)
    connection.execute(_FRESH)
    _name_the_rest(connection)
    connection.execute(_ASSIGNED)
    connection.execute(_EVENTS)


def _name_the_rest(connection: Connection) -> None:
    """An anchor for groups all of whose refs are borne by others already: rare, so one by one."""
    for grp, ref in connection.execute("select grp, ref from fresh where anchor is null order by grp").fetchall():
        for number in count(2):
            anchor = f"{ref}~{number}"
            borne = f"select 1 from ({_TAKEN}) where anchor = ?"
            if not connection.execute(borne, [anchor]).fetchall():
                connection.execute("update fresh set anchor = ? where grp = ?", [anchor, grp])
                break
