"""A night on which little changed (差分): what the changed persons touch is done again, the rest stays as it was.

A pair depends on its two persons and the model alone, so only pairs of changed persons are scored. Groups depend on
links that hang together, so every component with a new or a lost link is joined anew. Both reach exactly as far as the
whole run would, which is why the outcomes are the same. Large tables are cut with Arrow, which copies no text to look
at it; DuckDB sees the small pieces.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from receivables.identity.matching.deciding import decide
from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.numbers import mistyped
from receivables.identity.matching.reach import Scan, scan
from receivables.identity.matching.scoring import Model, score
from receivables.identity.matching.telling import own_codes
from receivables.identity.matching.workspace import Connection, person_view


@dataclass(slots=True)
class Delta:
    """One night's work: the tables of before, and which refs are touched and in scope."""

    connection: Connection
    declaration: Declaration
    persons: pa.Table
    pairs: pa.Table
    clusters: pa.Table
    touched: set[str]
    scope: set[str] = field(default_factory=set)
    reach: Scan | None = None
    same_pairs: pa.Table | None = None
    same_clusters: pa.Table | None = None

    def score_touched(self, model: Model) -> None:
        """The table `pair_new`: the pairs of which one is a changed person."""
        connection = self.connection
        self._cut_persons("touched_person", self.touched)
        self.reach = scan(connection, self.declaration, self.persons)
        near = self.reach.neighbours(connection, self.declaration, "touched_person")
        self._cut_persons("near_person", self.touched | near)
        scored = score(connection, self.declaration, model, "near_person")
        decide(connection, self.declaration, scored, "near_person", "pair_near")
        connection.register("touched", pa.table({"ref": _texts(self.touched)}))
        connection.execute("""
            create temp table pair_new as select * from pair_near
            where ref_l in (select ref from touched) or ref_r in (select ref from touched)
        """)

    def find_slips(self) -> None:
        """The table `slip`, of all persons: who else is registered decides it, so it is not kept from before."""
        assert self.reach is not None
        orphans, bearers = self.reach.slip_candidates(self.connection, self.declaration)
        self.connection.register("orphan", pa.table({"ref": _texts(orphans)}))
        self._cut_persons("slip_person", orphans | bearers)
        mistyped(self.connection, self.declaration, "slip_person")

    def widen(self) -> None:
        """Take into `scope` everybody whose group may have changed: whoever hangs together with a lost or new link."""
        links = self.pairs.select(["ref_l", "ref_r"]).filter(pc.equal(self.pairs["decided"], "link"))
        is_lost = pc.or_(_among(links["ref_l"], self.touched), _among(links["ref_r"], self.touched))
        kept = links.filter(pc.invert(is_lost))
        made = self.connection.sql("select ref_l, ref_r from pair_new where decided = 'link'").to_arrow_table()
        more = self.touched | _ends(links.filter(is_lost)) | _ends(made)
        while not more <= self.scope:
            self.scope |= more
            is_edge = pc.xor(_among(kept["ref_l"], self.scope), _among(kept["ref_r"], self.scope))
            anchors = self.clusters["anchor"].filter(_among(self.clusters["person_ref"], self.scope))
            together = _among(self.clusters["anchor"], set(anchors.to_pylist()))
            more = _ends(kept.filter(is_edge)) | set(self.clusters["person_ref"].filter(together).to_pylist())

    def cut_out(self) -> None:
        """The tables `scope_person`, `redone`, `scope_pair`, `before` and `elsewhere` for what follows."""
        connection = self.connection
        self._cut_persons("scope_person", self.scope)
        self._cut_pairs()
        connection.register("scope", pa.table({"ref": _texts(self.scope)}))
        connection.execute(f"""
            create temp table redone as select * from pair_new
            union all by name
            select * exclude (outcome, reasons) replace (if(decided = 'link', method, null) as method),
                {own_codes("reasons")} as codes
            from redone_before
        """)
        connection.execute("""
            create temp table scope_pair as select * from redone
            where ref_l in (select ref from scope) and ref_r in (select ref from scope)
        """)
        is_here = _among(self.clusters["person_ref"], self.scope)
        self.same_clusters = self.clusters.filter(pc.invert(is_here))
        connection.register("before", self.clusters.filter(is_here))
        anchors = self.same_clusters["anchor"]
        refs = pc.replace_substring_regex(anchors, "~.*$", "")  # of a further id (ref~2) too
        borne = anchors.filter(_among(refs, self.scope))
        connection.register("elsewhere", pa.table({"anchor": borne.unique()}))

    def all_pairs(self, redone: pa.Table) -> pa.Table:
        """Those that were told anew, and the others of before."""
        assert self.same_pairs is not None
        return pa.concat_tables([self.same_pairs, redone.select(self.pairs.column_names).cast(self.pairs.schema)])

    def all_clusters(self) -> pa.Table:
        """The assignments made anew, and the others of before."""
        made = self.connection.sql("select person_ref, anchor from assigned").to_arrow_table()
        return pa.concat_tables([self.same_clusters, made.cast(self.clusters.schema)])

    def _cut_persons(self, name: str, refs: set[str]) -> None:
        ids = self.persons[self.declaration.unique_id]
        wanted = pc.is_in(ids, value_set=_texts(refs).cast(ids.type))
        self.connection.register(f"{name}_given", self.persons.filter(wanted))
        person_view(self.connection, self.declaration, f"{name}_given", f"{name}_view")
        self.connection.execute(f"create temp table {name} as select * from {name}_view")

    def _cut_pairs(self) -> None:
        """The relation `redone_before`: pairs in scope or shown as a slip, without those of changed persons."""
        is_again = pc.or_(_among(self.pairs["ref_l"], self.scope), _among(self.pairs["ref_r"], self.scope))
        is_again = pc.or_(is_again, self._slips())
        self.same_pairs = self.pairs.filter(pc.invert(is_again))
        again = self.pairs.filter(is_again)
        is_gone = pc.or_(_among(again["ref_l"], self.touched), _among(again["ref_r"], self.touched))
        stays = again.filter(pc.and_(pc.invert(is_gone), pc.is_valid(again["decided"])))
        self.connection.register("redone_before", stays)

    def _slips(self) -> pa.Array:
        """Which pairs were or are a slip of the pen; such a pair is never a link, so its group does not matter."""
        now = set(self.connection.execute("select ref_l, ref_r from slip").fetchall())
        left, right = self.pairs["ref_l"], self.pairs["ref_r"]
        perhaps = pc.and_(_among(left, {one for one, _ in now}), _among(right, {other for _, other in now}))
        is_slip = np.zeros(len(self.pairs), dtype=bool)
        for at in np.flatnonzero(perhaps.to_numpy()):
            is_slip[at] = (left[int(at)].as_py(), right[int(at)].as_py()) in now
        is_slip |= pc.match_substring(self.pairs["reasons"], "mistyped_number").to_numpy()
        return pa.array(is_slip)


def _texts(refs: set[str]) -> pa.Array:
    return pa.array(sorted(refs), pa.string())


def _among(refs: pa.ChunkedArray, wanted: set[str]) -> pa.ChunkedArray:
    return pc.is_in(refs, value_set=_texts(wanted).cast(refs.type))


def _ends(links: pa.Table) -> set[str]:
    return set(links["ref_l"].to_pylist()) | set(links["ref_r"].to_pylist())
