"""The whole matching (名寄せ): persons in; pairs with their reasons, groups under lasting ids, and events out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from receivables.identity.matching import anchors, clustering, numbers
from receivables.identity.matching.deciding import decide
from receivables.identity.matching.declaration import Declaration, japanese
from receivables.identity.matching.scoring import Model, score, train
from receivables.identity.matching.telling import tell
from receivables.identity.matching.workspace import (
    Connection,
    Persons,
    as_table,
    check_ids,
    person_view,
    workspace,
)

_NOBODY = pa.table({"person_ref": pa.array([], pa.string()), "anchor": pa.array([], pa.string())})


@dataclass(frozen=True, slots=True)
class Resolution:
    """One night's outcome; tables are sets, their rows in no order.

    `pairs`: `ref_l` < `ref_r`, `outcome` (link, review, no_link), `method`, `reasons`, `evidence`, `weight` and
    `mw_<comparator>` in bits; `decided` is what the two persons alone gave, before the whole was looked at. Reasons and
    evidence are codes with a space between. `clusters`: `person_ref`, `anchor`. `events`: `event`, `person_ref`,
    `from_anchor` and `to_anchor`, null before the first and after the last.
    Of the whole alone: `trust`, see `source_trust`; `orphans` (`ref`) and `slips` (`ref`, `other`), see `mistyped`.
    """

    pairs: pa.Table
    clusters: pa.Table
    events: pa.Table
    model: Model
    trust: pa.Table | None = field(default=None)
    orphans: pa.Table | None = field(default=None)
    slips: pa.Table | None = field(default=None)


def resolve(
    persons: Persons,
    *,
    declaration: Declaration | None = None,
    model: Model | None = None,
    previous: Resolution | None = None,
    retired: Iterable[str] = (),
) -> Resolution:
    """Who is who among `persons`, which has the columns of the declaration (the Japanese one unless another is given).

    Without `model` one is trained on `persons`. `previous` keeps its anchors alive. Nobody keeps or gets an anchor that
    is `retired`. Raises InputRejectedError for tables that do not fit.
    """
    said = declaration or japanese()
    with workspace() as connection:
        connection.register("given", as_table(persons))
        connection.register("retired", pa.table({"anchor": pa.array(list(retired), pa.string())}))
        person_view(connection, said, "given")
        return _whole(connection, said, model, previous)


def _whole(
    connection: Connection, declaration: Declaration, model: Model | None, previous: Resolution | None
) -> Resolution:
    connection.execute("create temp table person_now as select * from person")
    connection.execute("create or replace temp view person as select * from person_now")
    check_ids(connection, declaration)
    model = model or train(connection, declaration, "person_now")
    scored = score(connection, declaration, model, "person_now")
    decide(connection, declaration, scored, "person_now", "pair")
    connection.execute(f"drop table {scored}")
    numbers.orphans(connection, declaration)
    numbers.mistyped(connection, declaration, "person_now")
    numbers.slips(connection, "slip_candidate")
    clustering.group(connection, declaration, "person_now", "pair")
    connection.register("before", previous.clusters if previous else _NOBODY)
    connection.register("elsewhere", _NOBODY.select(["anchor"]))
    anchors.assign(connection, declaration, "person_now")
    return Resolution(
        pairs=tell(connection, "pair"),
        clusters=connection.sql("select person_ref, anchor from assigned").to_arrow_table(),
        events=connection.sql("select * from event").to_arrow_table(),
        model=model,
        trust=numbers.source_trust(connection, declaration) if "number_key" in declaration.derived else None,
        orphans=connection.sql("from orphan").to_arrow_table(),
        slips=connection.sql("from slip_candidate").to_arrow_table(),
    )
