"""Single differences (差異明細): classified, and kept by keyed hash so that no report shows a key."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from receivables.migration.legs import Bench

KEPT_PER_COMPONENT = 1_000
_HIDDEN_TYPES = ("text",)  # a number of a thing or a person: only its length is shown


@dataclass(frozen=True, slots=True)
class Difference:
    """One key in which `a` and `b` differ."""

    row_key: str
    a: str | None
    b: str | None
    kind: str


def class_of(a: str | None, b: str | None, item_type: str) -> str:
    """The class of a difference (差異区分)."""
    if (a or "") == (b or ""):
        return "null-vs-empty"
    if a is None or b is None:
        return "null-vs-value"
    if item_type == "yen":
        return "amount"
    if item_type == "date":
        return "date"
    if unicodedata.normalize("NFKC", a).split() == unicodedata.normalize("NFKC", b).split():
        return "whitespace-or-width"
    return "attribute"


def keep_differences(
    bench: Bench, check_id: str, legs: str, column: str | None, found: Sequence[Difference], cause: str
) -> None:
    """Store the first thousand differences of one check and component."""
    is_hidden = column is not None and bench.spec.group.item(column).type in _HIDDEN_TYPES
    with bench.connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into migration.recon_diff (run_id, group_id, check_id, legs, key_hash, component, a, b, class, suspected_cause)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (bench.run.run_id, bench.group.group_id, check_id, legs, bench.hashes([each.row_key])[0], column,
                 _shown(each.a, is_hidden), _shown(each.b, is_hidden), each.kind, cause)
                for each in found[:KEPT_PER_COMPONENT]
            ],
        )  # fmt: skip


def _shown(value: str | None, is_hidden: bool) -> str | None:
    return f"({len(value)} characters)" if is_hidden and value is not None else value
