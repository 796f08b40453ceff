"""Canonical digests (正準ダイジェスト): one hash per leg and segment that a duplicate or a moved yen changes."""

from typing import Any

from psycopg import sql

from receivables.migration.legs import G0, Bench, leg


def group_digest(bench: Bench, name: str) -> tuple[str, dict[tuple[Any, ...], str]]:
    """The canonical digest of a leg and of each of its segments (g0), ordered by the key's bytes."""
    keys = sql.SQL(", ").join(map(sql.Identifier, G0))
    rows = bench.rows(
        sql.SQL(
            "select {keys}, encode(sha256(string_agg(digest, ''::bytea order by row_key collate \"C\", digest)), 'hex')"
            " from {} group by {keys}"
        ).format(leg(name), keys=keys)
    )
    whole = bench.rows(
        sql.SQL(
            "select encode(sha256(coalesce(string_agg(digest, ''::bytea order by row_key collate \"C\", digest),"
            " ''::bytea)), 'hex') from {}"
        ).format(leg(name))
    )
    return str(whole[0][0]), {row[:-1]: str(row[-1]) for row in rows}
