"""A night on which little changed (差分): what the changed persons touch is done again, the rest stays as it was.

A pair depends on its two persons and the model alone, so only pairs of changed persons are scored. Groups depend on
links that hang together, so every component with a new or a lost link is joined anew. Both reach exactly as far as the
whole run would, which is why the outcomes are the same.
"""

from collections.abc import Iterable

import pyarrow as pa

from receivables.identity.matching.deciding import decide
from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.scoring import Model, score
from receivables.identity.matching.workspace import Connection, neighbours


def start(connection: Connection, pairs: pa.Table, clusters: pa.Table, changed: Iterable[str]) -> None:
    """The relations `pairs_before`, `clusters_before` and `touched`."""
    connection.register("pairs_before", pairs)
    connection.register("clusters_before", clusters)
    refs = pa.table({"ref": pa.array(sorted({str(one) for one in changed}), pa.string())})
    connection.register("touched_given", refs)
    connection.execute("create temp table touched as select ref from touched_given")


def score_touched(connection: Connection, declaration: Declaration, model: Model) -> None:
    """The table `pair_new`: the pairs of which one is a changed person."""
    ref = declaration.unique_id
    neighbours(connection, declaration)
    connection.execute(f"create temp table near_person as select * from person where {ref} in (select ref from near)")
    decide(connection, declaration, score(connection, declaration, model, "near_person"), "near_person", "pair_near")
    connection.execute("""
        create temp table pair_new as select * from pair_near
        where ref_l in (select ref from touched) or ref_r in (select ref from touched)
    """)


def widen(connection: Connection, declaration: Declaration) -> None:
    """The tables `scope_person` and `scope_pair`: everything whose group may have changed; `before` and `elsewhere`."""
    connection.execute("""
        create temp table link_lost as select ref_l, ref_r from pairs_before
        where decided = 'link' and (ref_l in (select ref from touched) or ref_r in (select ref from touched))
    """)
    connection.execute("""
        create temp table scope as
        select ref from touched
        union select unnest([ref_l, ref_r]) from link_lost
        union select unnest([ref_l, ref_r]) from pair_new where decided = 'link'
    """)
    connection.execute("""
        create temp table link_kept as select ref_l, ref_r from pairs_before
        where decided = 'link' and ref_l not in (select ref from touched) and ref_r not in (select ref from touched)
    """)
    while _grows(connection):
        pass
    _cut_out(connection, declaration)


def pairs(connection: Connection, redone: pa.Table) -> pa.Table:
    """All pairs: those that were told anew, and the others of before."""
    same = connection.sql("""
        select * from pairs_before as p
        where not (ref_l in (select ref from scope) or ref_r in (select ref from scope)
            or exists (select 1 from again as a where a.ref_l = p.ref_l and a.ref_r = p.ref_r))
    """).to_arrow_table()
    return pa.concat_tables([same, redone.select(same.column_names).cast(same.schema)])


def clusters(connection: Connection) -> pa.Table:
    """All assignments: those made anew, and the others of before."""
    return connection.sql("""
        select person_ref, anchor from assigned
        union all
        select person_ref, anchor from clusters_before where person_ref not in (select ref from scope)
    """).to_arrow_table()


def _grows(connection: Connection) -> bool:
    """Take in the neighbours by links, and whoever had one anchor with somebody in scope; False when there is none."""
    ((count,),) = connection.execute("""
        insert into scope
        with more as (
            select unnest([ref_l, ref_r]) as ref from link_kept
            where (ref_l in (select ref from scope)) <> (ref_r in (select ref from scope))
            union
            select person_ref from clusters_before where anchor in (
                select anchor from clusters_before where person_ref in (select ref from scope)
            )
        )
        select ref from more where ref not in (select ref from scope)
    """).fetchall()
    return bool(count)


def _cut_out(connection: Connection, declaration: Declaration) -> None:
    ref = declaration.unique_id
    connection.execute(f"create temp table scope_person as select * from person where {ref} in (select ref from scope)")
    connection.execute("""
        create temp table again as
        select ref_l, ref_r from slip
        union select ref_l, ref_r from pairs_before where list_contains(reasons, 'mistyped_number')
    """)
    connection.execute("""
        create temp table redone as
        select * from pair_new
        union all by name
        select * exclude (outcome, method, reasons, decided_method), decided_method as method from pairs_before as p
        where decided is not null
            and ref_l not in (select ref from touched) and ref_r not in (select ref from touched)
            and (ref_l in (select ref from scope) or ref_r in (select ref from scope)
                or exists (select 1 from again as a where a.ref_l = p.ref_l and a.ref_r = p.ref_r))
    """)
    connection.execute("""
        create temp table scope_pair as select * from redone
        where ref_l in (select ref from scope) and ref_r in (select ref from scope)
    """)
    connection.execute(
        "create temp table before as select * from clusters_before where person_ref in (select ref from scope)"
    )
    connection.execute(
        "create temp table elsewhere as select distinct anchor from clusters_before"
        " where person_ref not in (select ref from scope) and anchor in (select ref from scope)"
    )
