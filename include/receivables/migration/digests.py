"""Canonical digests (正準ダイジェスト): one hash per leg and segment that a duplicate or a moved yen changes."""

from typing import Any

from psycopg import sql

from receivables.migration.legs import Bench, leg


def group_digest(bench: Bench, name: str) -> tuple[str, dict[tuple[Any, ...], str]]:
    """The canonical digest of a leg and of each of its segments (g0), ordered by the key's bytes."""
    keys = [sql.Identifier(each) for each in bench.g0]
    made = sql.SQL("encode(sha256(string_agg(digest, ''::bytea order by row_key collate \"C\", digest)), 'hex')")
    grouped = sql.SQL("group by {}").format(sql.SQL(", ").join(keys)) if keys else sql.SQL("having count(*) > 0")
    rows = bench.rows(sql.SQL("select {} from {} {}").format(sql.SQL(", ").join([*keys, made]), leg(name), grouped))
    whole = bench.rows(
        sql.SQL(
            "select encode(sha256(coalesce(string_agg(digest, ''::bytea order by row_key collate \"C\", digest),"
            " ''::bytea)), 'hex') from {}"
        ).format(leg(name))
    )
    return str(whole[0][0]), {row[:-1]: str(row[-1]) for row in rows}
