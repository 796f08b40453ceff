"""置換え: the decided letters put into staged rows, with evidence per row that gives back what came."""

import json
from collections.abc import Iterable, Mapping

from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.characters.governed import Ruling, Use, applied, undone
from receivables.migration.characters.inventory import Staged, bracket, own_rows


def resolve(connection: db.Connection, staged: Staged, rulings: Mapping[str, Ruling]) -> int:
    """Put the decided letters into the staged rows, keeping per row what came; returns how many texts hold one now.

    What an earlier call put in is taken out first: the rows always show these rulings and no others. Each change is
    undone in memory before it is written: InvariantBrokenError when that does not give the original.
    """
    restore(connection, staged)
    changed = 0
    for item in staged.columns if rulings else ():
        query = sql.SQL("select r.source_key, r.{item} from {place} as r where {own} and r.{item} ~ {wanted}").format(
            item=sql.Identifier(item), place=staged.place, own=own_rows(connection, staged),
            wanted=sql.Literal(bracket(rulings)),
        )  # fmt: skip
        came = {str(key): str(text) for key, text in connection.execute(query).fetchall()}
        put = {key: applied(text, rulings) for key, text in came.items()}
        if any(undone(*put[key]) != text for key, text in came.items()):
            raise InvariantBrokenError(f"{staged.group}.{item}: a replaced character could not be put back")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into migration.char_use (run_id, source_code, group_id, item, source_key, uses)"
                " values (%s, %s, %s, %s, %s, %s::jsonb)",
                [
                    (staged.run_id, staged.source, staged.group, item, key, json.dumps(uses))
                    for key, (_, uses) in put.items()
                ],
            )
        changed += _write(connection, staged, item, [(key, text) for key, (text, _) in put.items()])
    return changed


def restore(connection: db.Connection, staged: Staged) -> int:
    """Give the staged rows back the texts that came, and drop the evidence; returns how many texts were changed.

    Raises InvariantBrokenError when a row is gone or its text was changed since.
    """
    changed = 0
    for item in staged.columns:
        query = sql.SQL(
            "with dropped as (delete from migration.char_use where run_id = {run} and group_id = {group}"
            " and source_code = {source} and item = {name} returning source_key, uses)"
            " select d.source_key, d.uses, r.{item} from dropped as d left join {place} as r"
            " on d.source_key = r.source_key and {own}"
        ).format(
            run=sql.Literal(staged.run_id), group=sql.Literal(staged.group), source=sql.Literal(staged.source),
            name=sql.Literal(item), item=sql.Identifier(item), place=staged.place, own=own_rows(connection, staged),
        )  # fmt: skip
        came: list[tuple[str, str]] = []
        for key, uses, text in connection.execute(query).fetchall():
            if text is None:
                raise InvariantBrokenError(f"{staged.group}.{item}: a row with replaced characters is gone; stage anew")
            came.append((str(key), undone(str(text), [Use(*use) for use in uses])))  # type: ignore[attr-defined]
        changed += _write(connection, staged, item, came)
    return changed


def _write(connection: db.Connection, staged: Staged, item: str, texts: Iterable[tuple[str, str]]) -> int:
    """Write all texts of one item at once."""
    pairs = list(texts)
    query = sql.SQL(
        "update {place} as r set {item} = put.text from unnest(%s::text[], %s::text[]) as put (source_key, text)"
        " where {own} and r.source_key = put.source_key"
    ).format(place=staged.place, item=sql.Identifier(item), own=own_rows(connection, staged))
    written = connection.execute(query, [[key for key, _ in pairs], [text for _, text in pairs]]).rowcount
    if written != len(pairs):
        raise InvariantBrokenError(f"{staged.group}.{item}: {len(pairs)} texts to write, {written} rows; keys repeat")
    return written
