"""宛名番号 as a hard key: how far each source's numbers can be trusted, and which are slips of the pen (誤記)."""

from typing import Any

import pyarrow as pa

from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.workspace import Connection


def source_trust(connection: Connection, declaration: Declaration) -> pa.Table:
    """How often a source's numbered rows are corroborated by the register's row of that number (番号の信頼度).

    One row per `source_code`: `numbered_count`, `registered_count` (of them known to the register),
    `corroborated_count` (of those, with agreeing name or reading and no other birth date), `trust_permille` of the
    registered ones, rounded down; null when there is none. Reads the view or table `person`.
    """
    return connection.sql(f"""
        select l.source_code, count(*) as numbered_count, count(r.number_key) as registered_count,
            count(*) filter (where {declaration.decision.hard}) as corroborated_count,
            corroborated_count * 1000 // nullif(registered_count, 0) as trust_permille
        from (select * from person where not is_registered and number_key is not null) as l
        left join (select * from person where is_registered) as r on r.number_key = l.number_key
        group by 1 order by 1
    """).to_arrow_table()  # fmt: skip


def orphans(connection: Connection, declaration: Declaration) -> None:
    """The table `orphan` (`ref`): who has a number that the register does not know. Reads `person`."""
    how = declaration.mistyped
    if how is None:
        connection.execute("create or replace temp table orphan (ref varchar)")
        return
    number, registered = how["number"], how["registered"]
    connection.execute(f"""
        create or replace temp table orphan as
        select {declaration.unique_id} as ref
        from person as p anti join (select {number} as known from person where {registered}) as r on known = p.{number}
        where {number} is not null and not {registered}
    """)


def mistyped(connection: Connection, declaration: Declaration, table: str) -> None:
    """The table `slip_candidate`: a number unknown to the register beside those that may have been meant.

    A candidate (`ref`, `other`) is a registered person of the same name and reading whose number differs by one digit
    or by two neighbours that changed places. Who may not be one person anyhow (a rule of `no_link`, but for those that
    a slip explains, `despite`) is none. Reads `orphan`, and in `table` at least the orphans and all registered persons
    of their names.
    """
    how: dict[str, Any] | None = declaration.mistyped
    connection.execute("create or replace temp table slip_candidate (ref varchar, other varchar)")
    if how is not None:
        _find_candidates(connection, declaration, how, table)


def slips(connection: Connection, candidates: str) -> None:
    """The table `slip` (`ref_l` < `ref_r`): who is the only candidate that somebody has."""
    connection.execute(f"""
        create or replace temp table slip as
        select least(ref, any_value(other)) as ref_l, greatest(ref, any_value(other)) as ref_r
        from {candidates} group by ref having count(*) = 1
    """)


def _find_candidates(connection: Connection, declaration: Declaration, how: dict[str, Any], table: str) -> None:
    ref, number, registered = declaration.unique_id, how["number"], how["registered"]
    same = " and ".join(f"r.{column} = l.{column}" for column in how["same"])
    forbidden = [one.sql for one in declaration.conflicts
                 if one.effect == "no_link" and one.code not in how.get("despite", [])]  # fmt: skip
    connection.execute(f"""
        insert into slip_candidate
        with borne as materialized (select p.* from {table} as p semi join orphan as o on o.ref = p.{ref}),
        namesake as materialized (
            select l.{ref} as ref, l.{number} as number, r.{ref} as other, r.{number} as other_number
            from borne as l join {table} as r on {same}
            where r.{registered} and not ({" or ".join(f"coalesce({sql}, false)" for sql in forbidden) or "false"})
        )
        select ref, other from namesake
        where length(other_number) = length(number) and damerau_levenshtein(other_number, number) = 1
    """)
