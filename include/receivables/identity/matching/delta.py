"""A night on which little changed (差分): what the changed persons touch is done again, the rest stays as it was.

A pair depends on its two persons and the model alone, so only pairs of changed persons are scored. Groups depend on
links that hang together, so whoever hangs together with a new or a lost link is joined anew. Whom that concerns is
known where persons, pairs and groups are kept; the caller brings them, step by step, and must leave nobody out. Then
the outcome is that of doing the whole, to the row.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from receivables.identity.matching import anchors, clustering, numbers
from receivables.identity.matching.deciding import decide
from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.resolving import Resolution
from receivables.identity.matching.scoring import Model, score
from receivables.identity.matching.telling import own_codes, tell
from receivables.identity.matching.workspace import Connection, person_table, workspace


@contextmanager
def part(declaration: Declaration, model: Model, changed: Iterable[str], retired: Iterable[str]) -> Iterator["Part"]:
    """A place to do again what `changed` touch: the refs that are new, changed or gone since the last night.

    `model` is the one that made what is kept. Nobody keeps or gets an anchor that is `retired`; who bore one that is so
    since must be among `changed`.
    """
    with workspace() as connection:
        connection.register("touched", pa.table({"ref": pa.array(list(changed), pa.string())}))
        connection.register("retired", pa.table({"anchor": pa.array(list(retired), pa.string())}))
        yield Part(connection, declaration, model)


@dataclass(frozen=True, slots=True)
class Part:
    """One night's work, in this order: `score`, `find_slips`, `regroup`."""

    connection: Connection
    declaration: Declaration
    model: Model

    def score(self, near: pa.Table) -> pa.Table:
        """The links (`ref_l`, `ref_r`) that changed persons have now.

        `near`: the changed persons and everybody whom a blocking rule puts beside one of them.
        """
        person_table(self.connection, self.declaration, near, "near_person")
        scored = score(self.connection, self.declaration, self.model, "near_person")
        decide(self.connection, self.declaration, scored, "near_person", "pair_near")
        self.connection.execute("""
            create temp table pair_new as select * from pair_near
            where ref_l in (select ref from touched) or ref_r in (select ref from touched)
        """)
        return self.connection.sql("select ref_l, ref_r from pair_new where decided = 'link'").to_arrow_table()

    def find_slips(self, orphans: pa.Table, persons: pa.Table) -> pa.Table:
        """Whom the `orphans` (`ref`) may have meant (`ref`, `other`); see `mistyped`.

        `orphans`: all with a number that the register does not know of whom this may be answered otherwise than before;
        `persons`: these and all registered persons of their names.
        """
        self.connection.register("orphan", orphans)
        person_table(self.connection, self.declaration, persons, "slip_person")
        numbers.mistyped(self.connection, self.declaration, "slip_person")
        return self.connection.sql("from slip_candidate").to_arrow_table()

    def regroup(
        self, persons: pa.Table, pairs: pa.Table, clusters: pa.Table, elsewhere: pa.Table, slips: pa.Table
    ) -> Resolution:
        """What becomes of those in scope; `pairs` are told anew, of all others nothing changes.

        `persons`: everybody in scope, and `clusters` what groups they were in; whoever hangs together with a new or a
        lost link is in scope, so the whole of each group of before. `pairs` of before: those of two in scope, all of
        changed persons, and what is or was a slip of `orphans` or of somebody in scope; `slips` (`ref`, `other`): all
        whom these may have meant. `elsewhere` (`anchor`): anchors that bear the ref of somebody in scope and are borne
        by others.
        """
        person_table(self.connection, self.declaration, persons, "scope_person")
        self.connection.register("pair_before", pairs)
        self.connection.execute(f"""
            create temp table redone as select * from pair_new
            union all by name
            select * exclude (outcome, reasons) replace (if(decided = 'link', method, null) as method),
                {own_codes("reasons")} as codes
            from pair_before
            where decided is not null
                and ref_l not in (select ref from touched) and ref_r not in (select ref from touched)
        """)
        clustering.group(self.connection, self.declaration, "scope_person", "redone")
        self.connection.register("slip_again", slips)
        numbers.slips(self.connection, "slip_again")
        self.connection.register("before", clusters)
        self.connection.register("elsewhere", elsewhere)
        anchors.assign(self.connection, self.declaration, "scope_person")
        return Resolution(
            pairs=tell(self.connection, "redone"),
            clusters=self.connection.sql("select person_ref, anchor from assigned").to_arrow_table(),
            events=self.connection.sql("select * from event").to_arrow_table(),
            model=self.model,
        )
