"""Whether a row's class can be told (債権区分の根拠): kind, ground and days lie in one row of the law's seed.

Money paid out before and after a change of the law makes two claims of two classes (生活保護法第77条の2). A row
that joins them has no class, and which yen are whose only its section knows.
"""

from datetime import date

from receivables.contracts import Table
from receivables.rulebook import rulebook


class BasisCheck:
    """The check of one table, made once and applied to every row; a table without a legal basis passes."""

    def __init__(self, table: Table) -> None:
        self._basis, self._rules = table.legal_basis, rulebook()
        if self._basis:
            names = [column.name for column in table.columns]
            columns = self._basis.claim_type.column, self._basis.ground.column, *self._basis.period
            self._places = [names.index(name) for name in columns]

    def fault(self, values: list[str | None]) -> str | None:
        """The column to look at when no row of the seed holds for all of the period; None when one does."""
        if self._basis is None:
            return None
        kind, ground, first, last = (values[at] or "" for at in self._places)
        found = self._rules.class_rule(
            self._basis.claim_type.codes[kind], self._basis.ground.codes[ground],
            date.fromisoformat(first), date.fromisoformat(last),
        )  # fmt: skip
        return None if found else self._basis.period[0]
