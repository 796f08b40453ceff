"""How far a change reaches (影響範囲): found in one pass over all persons, by columns of hashes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.workspace import Connection

_BITS = 22
Columns = tuple[str, ...]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Scan:
    """The hashes of every person's compared columns, in the order of the persons' rows; `ids` are their refs."""

    ids: pa.ChunkedArray
    hashes: dict[Columns, Hashes]
    is_registered: npt.NDArray[np.bool_] | None

    def neighbours(self, connection: Connection, declaration: Declaration, table: str) -> set[str]:
        """The ids of all whom a blocking rule may put beside one of those in `table`; a few too many, none missed."""
        near = np.zeros(len(self.ids), dtype=bool)
        for theirs, sides in _sought(declaration).items():
            wanted = [
                _column(connection, f"select {_hash(mine)} as h from {table} where {_known(mine)}")
                for mine in sorted(sides)
            ]
            near |= _is_among(self.hashes[theirs], np.concatenate(wanted))
        return self._refs(near)

    def slip_candidates(self, connection: Connection, declaration: Declaration) -> tuple[set[str], set[str]]:
        """The ids of persons whose number the register does not know, and of the registered of the same names.

        Numbers are compared by 64-bit hashes: of a million, one in ten million nights confuses two.
        """
        how = declaration.mistyped
        if how is None or self.is_registered is None:
            return set(), set()
        numbers, names = self.hashes[(how["number"],)], self.hashes[tuple(how["same"])]
        unknown = _column(connection, f"select {_hash((how['number'],))} as h from (select null as {how['number']})")
        others = np.flatnonzero(~self.is_registered & (numbers != unknown[0]))
        is_known = pc.is_in(pa.array(numbers[others]), value_set=pa.array(numbers[self.is_registered]))
        is_orphan = np.zeros(len(self.ids), dtype=bool)
        is_orphan[others[~is_known.to_numpy(zero_copy_only=False)]] = True
        bears = self.is_registered & _is_among(names, names[is_orphan])
        return self._refs(is_orphan), self._refs(bears)

    def _refs(self, chosen: npt.NDArray[np.bool_]) -> set[str]:
        return {str(ref) for ref in self.ids.filter(pa.array(chosen)).to_pylist()}


def scan(connection: Connection, declaration: Declaration, persons: pa.Table) -> Scan:
    """One pass over the view `person`, which stands on `persons`."""
    how = declaration.mistyped
    compared = list(_sought(declaration))
    compared += (
        [columns for columns in ((how["number"],), tuple(how["same"])) if columns not in compared] if how else []
    )
    told = [f"{_hash(columns)} as h{at}" for at, columns in enumerate(compared)]
    told += [f"{how['registered']} as is_registered"] if how else []
    connection.execute("set preserve_insertion_order = true")  # so that rows stand beside `persons`
    rows = connection.sql(f"select {', '.join(told)} from person").to_arrow_table()
    connection.execute("set preserve_insertion_order = false")
    hashes: dict[Columns, Hashes] = {columns: rows[f"h{at}"].to_numpy() for at, columns in enumerate(compared)}
    is_registered = pc.fill_null(rows["is_registered"], False).to_numpy() if how else None
    return Scan(persons[declaration.unique_id], hashes, is_registered)


def _sought(declaration: Declaration) -> dict[Columns, set[Columns]]:
    """Which columns of another person are met by which of one's own."""
    sought: dict[Columns, set[Columns]] = {}
    for block in declaration.blocking:
        sought.setdefault(block.right, set()).add(block.left)
        sought.setdefault(block.left, set()).add(block.right)
    return sought


def _is_among(hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.bool_]:
    """Whether each hash is wanted: by a bitmap first, as nearly none is."""
    bitmap = np.zeros(1 << _BITS, dtype=bool)
    bitmap[(wanted >> np.uint64(64 - _BITS)).astype(np.int64)] = True
    found = bitmap[(hashes >> np.uint64(64 - _BITS)).astype(np.int64)]
    found[found] = np.isin(hashes[found], wanted)
    return found


def _column(connection: Connection, query: str) -> Hashes:
    column: Hashes = connection.sql(query).to_arrow_table()["h"].to_numpy()
    return column


def _hash(columns: Columns) -> str:
    return f"hash({', '.join(f'hash({column})' for column in columns)})"  # each column is hashed once a scan


def _known(columns: Columns) -> str:
    return " and ".join(f"{column} is not null" for column in columns)
