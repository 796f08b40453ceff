"""A model of a city's own persons, and the proof of its bound by what their numbers tell (学習と証明).

Of whom a 宛名番号 tells that the register's name or reading bears out, it is known who he is. The number is hidden, he
is matched by evidence alone as somebody without a number would be, and the number tells whether the link is right. Half
of the numbers choose the bound, the other half confirm it. Who cannot be told (no number, one that nobody bears out)
takes no part. A resident with two numbers counts as two persons, so the proof errs on the safe side.
"""

from typing import Any

import pyarrow as pa

from receivables.identity.matching.bounds import confirmed_bound
from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.resolving import resolve
from receivables.identity.matching.scoring import Model, train
from receivables.identity.matching.workspace import check_ids, person_table, workspace


def trained(persons: pa.Table, declaration: Declaration) -> Model:
    """A model of `persons`; reads no label. Raises InputRejectedError for a table that does not fit."""
    with workspace() as connection:
        person_table(connection, declaration, persons, "person")
        check_ids(connection, declaration)
        return train(connection, declaration, "person")


def prove(persons: pa.Table, model: Model, declaration: Declaration) -> dict[str, Any]:
    """The bound of `model` (what `Bound` tells), proven on the `labelled_persons` among `persons`.

    Of the half that did not choose it: `confirmed_count`, `confirmed_errors`, `confirmed_upper_permille`.
    """
    ref = declaration.unique_id
    with workspace() as connection:
        person_table(connection, declaration, persons, "person")
        connection.execute(f"""
            create temp table labelled as
            select {ref} as ref, number_key from person where is_registered and number_key is not null
            union all
            select l.{ref}, l.number_key from person as l
            join (select * from person where is_registered) as r on r.number_key = l.number_key
            where not l.is_registered and {declaration.decision.hard}
        """)
        given = ", ".join(f"p.{name}" for name in declaration.columns if name != "addressee_no")
        blind = connection.sql(f"""
            select {given}, if(p.is_registered, p.addressee_no, null) as addressee_no
            from person as p semi join labelled as l on l.ref = p.{ref}
        """).to_arrow_table()
        unlimited = declaration.with_bound(declaration.decision.review_weight)
        connection.register("pairs", resolve(blind, declaration=unlimited, model=model).pairs)
        judged = connection.execute("""
            select p.weight, one.number_key = other.number_key, hash(least(one.number_key, other.number_key)) % 2
            from pairs as p join labelled as one on one.ref = p.ref_l join labelled as other on other.ref = p.ref_r
            where p.method = 'evidence'
        """).fetchall()
    choosing, confirming = ([(weight, is_one) for weight, is_one, half in judged if half == at] for at in (0, 1))
    return confirmed_bound(choosing, confirming) | {"labelled_persons": blind.num_rows}
