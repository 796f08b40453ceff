"""How far a change reaches (影響範囲): found in one pass over all persons, by columns of hashes."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.workspace import Connection

_BITS = 22
Columns = tuple[str, ...]


def neighbours(connection: Connection, declaration: Declaration, table: str) -> set[str]:
    """The ids of all whom a blocking rule may put beside one of the persons in `table`.

    A few too many do no harm, none is missed.
    """
    sought: dict[Columns, set[Columns]] = {}
    for block in declaration.blocking:
        sought.setdefault(block.right, set()).add(block.left)
        sought.setdefault(block.left, set()).add(block.right)
    wanted = [
        np.concatenate([_column(connection, f"select {_hash(mine)} as h from {table} where {_known(mine)}", "h")
                        for mine in sorted(sides)])
        for sides in sought.values()
    ]  # fmt: skip
    hashes = ", ".join(f"{_hash(theirs)} as h{at}" for at, theirs in enumerate(sought))
    every = connection.sql(f"select {declaration.unique_id} as ref, {hashes} from person").to_arrow_table()
    near = np.zeros(len(every), dtype=bool)
    for at, hashed in enumerate(wanted):
        near |= _is_among(every[f"h{at}"].to_numpy(), hashed)
    return set(every["ref"].filter(pa.array(near)).to_pylist())


def slip_candidates(connection: Connection, declaration: Declaration) -> tuple[set[str], set[str]]:
    """The ids of persons whose number the register does not know, and of the registered who bear one of their names."""
    how = declaration.mistyped
    if how is None:
        return set(), set()
    ref, number, name = declaration.unique_id, how["number"], how["same"][0]
    rows = connection.sql(
        f"select {ref} as ref, {number} as number, {how['registered']} as is_registered, {name} as name"
        f" from person where {number} is not null"
    ).to_arrow_table()
    of_register, others = rows.filter(rows["is_registered"]), rows.filter(pc.invert(rows["is_registered"]))
    orphans = others.filter(pc.invert(pc.is_in(others["number"], value_set=of_register["number"].combine_chunks())))
    names = orphans["name"].drop_null().combine_chunks()
    bearers = of_register["ref"].filter(pc.is_in(of_register["name"], value_set=names))
    return set(orphans["ref"].to_pylist()), set(bearers.to_pylist())


def _is_among(hashes: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Whether each hash is wanted: by a bitmap first, as nearly none is."""
    bitmap = np.zeros(1 << _BITS, dtype=bool)
    bitmap[(wanted >> np.uint64(64 - _BITS)).astype(np.int64)] = True
    found = bitmap[(hashes >> np.uint64(64 - _BITS)).astype(np.int64)]
    found[found] = np.isin(hashes[found], wanted)
    return found


def _column(connection: Connection, query: str, name: str) -> npt.NDArray[np.uint64]:
    column: npt.NDArray[np.uint64] = connection.sql(query).to_arrow_table()[name].to_numpy()
    return column


def _hash(columns: Columns) -> str:
    return f"hash({', '.join(f'hash({column})' for column in columns)})"  # each column is hashed once a scan


def _known(columns: Columns) -> str:
    return " and ".join(f"{column} is not null" for column in columns)
