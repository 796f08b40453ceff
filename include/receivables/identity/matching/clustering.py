"""Persons out of links (クラスタ): linked pairs are joined in order of strength unless two would meet who may not."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from receivables.errors import InvariantBrokenError
from receivables.identity.matching.deciding import conflict_sql
from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.workspace import Connection

_MOST_PAIRS = 50_000_000
# The strength of a link: a corroborated number before all evidence, then the weight; ids break ties.
_BY_STRENGTH = "(method = 'number') desc, weight desc, ref_l, ref_r"


def group(connection: Connection, declaration: Declaration, table: str, pairs: str) -> None:
    """The table `grouping` (`ref`, `grp`): for every person in `table` the least id of the group it belongs to.

    `pairs` are as `decide` makes them. A component of links in which nobody conflicts is a group as it is; only in the
    others are links taken one by one. Neither the order of rows nor persons of other components matter.
    """
    ref = declaration.unique_id
    connection.register("component", _components(connection, pairs))
    _conflicts(connection, declaration, table)
    links = connection.execute(
        f"select ref_l, ref_r from {pairs} join component on ref = ref_l"
        f" where decided = 'link' and component in (select component from foe) order by {_BY_STRENGTH}"
    ).fetchall()
    foes = connection.execute("select ref_l, ref_r from foe").fetchall()
    connection.register("apart", _as_table(constrained(links, foes)))
    connection.execute(f"""
        create or replace temp table grouping as
        with whole as (
            select ref, min(ref) over (partition by component) as grp from component
            where component not in (select component from foe)
        ),
        joined as (select ref, grp from whole union all select ref, grp from apart)
        select p.{ref} as ref, coalesce(j.grp, p.{ref}) as grp
        from {table} as p left join joined as j on j.ref = p.{ref}
    """)
    connection.unregister("apart")
    connection.unregister("component")


def constrained(links: Iterable[tuple[str, str]], foes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The least id of each linked id's group: `links` are taken in their order, unless that joined two `foes`."""
    hostile: dict[str, set[str]] = defaultdict(set)
    for one, other in foes:
        hostile[one].add(other)
        hostile[other].add(one)
    members: dict[str, set[str]] = {}
    for one, other in links:
        mine, theirs = members.setdefault(one, {one}), members.setdefault(other, {other})
        if mine is theirs or any(hostile[each] & theirs for each in mine if each in hostile):
            continue
        small, large = sorted((mine, theirs), key=len)
        large |= small
        for each in small:
            members[each] = large
    least = {id(together): min(together) for together in members.values()}
    return {each: least[id(together)] for each, together in members.items()}


def _components(connection: Connection, pairs: str) -> pa.Table:
    links = connection.sql(f"select ref_l, ref_r from {pairs} where decided = 'link'").to_arrow_table()
    ends = pa.chunked_array(links["ref_l"].chunks + links["ref_r"].chunks, pa.string())
    coded = pc.dictionary_encode(ends).combine_chunks()
    ids, places = coded.dictionary, coded.indices.to_numpy(zero_copy_only=False)
    half = len(links)
    ones = np.ones(half, dtype=np.int8)
    _, labels = connected_components(coo_matrix((ones, (places[:half], places[half:])), (len(ids), len(ids))), False)
    return pa.table({"ref": ids, "component": labels})


def _conflicts(connection: Connection, declaration: Declaration, table: str) -> None:
    """The table `foe`: who of one component of three or more may not meet; of two, the pair itself was judged."""
    ref = declaration.unique_id
    connection.execute(f"""
        create or replace temp table acquainted as
        select p.*, c.component from component as c join {table} as p on p.{ref} = c.ref
        where c.component in (select component from component group by 1 having count(*) > 2)
    """)
    ((count,),) = connection.execute(
        "select coalesce(sum(n * n), 0) from (select count(*) as n from acquainted group by component)"
    ).fetchall()
    if count > _MOST_PAIRS:
        raise InvariantBrokenError(
            f"{count} pairs of persons hang together by links: a key that many share (a placeholder as telephone"
            " number, an institution's address) passes for evidence; have the caller give it as unknown"
        )
    connection.execute(f"""
        create or replace temp table foe as
        select l.component, l.{ref} as ref_l, r.{ref} as ref_r
        from acquainted as l join acquainted as r on r.component = l.component and r.{ref} > l.{ref}
        where {conflict_sql(declaration)}
    """)


def _as_table(found: dict[str, str]) -> pa.Table:
    return pa.table({"ref": pa.array(list(found), pa.string()), "grp": pa.array(list(found.values()), pa.string())})
