"""Three outcomes for a pair (判定), by weight, evidence and conflict rules, with the reasons: link, review, no_link."""

from receivables.identity.matching.declaration import Declaration
from receivables.identity.matching.workspace import Connection, columns_of


def decide(connection: Connection, declaration: Declaration, scored: str, table: str, into: str) -> None:
    """Make the table `into` of what is to be told of the pairs in `scored`, read beside the persons in `table`.

    Columns: `ref_l` < `ref_r`; `decided` (link, review, no_link); `method` of a link (number, evidence); `codes` (why
    it is no link: conflicts, or what is lacking) and `evidence` (fields that agree besides), with spaces between;
    `weight` in bits; `mw_<comparator>` in bits, with the adjustment by frequency in it.
    Told are pairs of `review_weight` or more and those that the declaration always tells. All depends on the two
    persons and the model alone.
    """
    ref, how = declaration.unique_id, declaration.decision
    flags = [f"coalesce({one.sql}, false) as c_{one.code}" for one in declaration.conflicts]
    flags += [f"coalesce({sql}, false) as e_{code}" for code, sql in how.extras.items()]
    weights = _weights(columns_of(connection, scored))
    extras = " + ".join(f"e_{code}::int" for code in how.extras) or "0"
    connection.execute(f"""
        create or replace temp table {into} as
        with flagged as (
            select l.{ref} as ref_l, r.{ref} as ref_r, p.match_weight as weight, {weights},
                coalesce({how.hard}, false) as is_hard, coalesce({how.core}, false) as has_core,
                {", ".join([*flags, "true as is_candidate"])}
            from {scored} as p
            join {table} as l on l.{ref} = p.{ref}_l
            join {table} as r on r.{ref} = p.{ref}_r
            where p.match_weight >= {how.review_weight} or {how.always_told}
        ),
        judged as (
            select *, {_decided(declaration, extras)} as decided,
                {_codes("c_", [one.code for one in declaration.conflicts])} as forbidden
            from flagged
        )
        select ref_l, ref_r, decided, case when decided = 'link' then if(is_hard, 'number', 'evidence') end as method,
            if(decided = 'review' and forbidden = '', {_lacking(declaration, extras)}, forbidden) as codes,
            {_codes("e_", list(how.extras))} as evidence,
            weight, columns('mw_.*')
        from judged
    """)


def conflict_sql(declaration: Declaration) -> str:
    """SQL over `l` and `r`: whether the two may never meet in one cluster."""
    rules = [f"coalesce({one.sql}, false)" for one in declaration.conflicts if one.in_cluster]
    return " or ".join(rules) or "false"


def reasons(declaration: Declaration) -> dict[str, str]:
    """Every conflict's reason in Japanese, by its code, for screens; with those that only the whole shows."""
    own = {
        "few_fields": "氏名と生年月日のほかに一致する項目が足りない",
        "name_or_birth": "氏名または生年月日が一致しない、または不明",
        "low_weight": "一致の重みが自動で結ぶ下限に届かない",
        "mistyped_number": "住民記録にない宛名番号。一か所違いの番号に同じ氏名・読みの人が一人だけいる（誤記の疑い）",
        "chain": "他の人を介すると別人どうしが一人になる（連鎖）",
    }
    return {one.code: one.reason for one in declaration.conflicts} | own


def of_the_home(declaration: Declaration) -> frozenset[str]:
    """The codes of conflicts that tell whether two live together."""
    return frozenset(one.code for one in declaration.conflicts if "household_no" in one.sql or "address_key" in one.sql)


def _decided(declaration: Declaration, extras: str) -> str:
    how = declaration.decision

    def any_of(effect: str) -> str:
        return " or ".join(f"c_{one.code}" for one in declaration.conflicts if one.effect == effect) or "false"

    return f"""case
        when {any_of("no_link")} then 'no_link'
        when {any_of("review")} then 'review'
        when is_hard or (has_core and {extras} >= {how.least_extras} and weight >= {how.link_weight}) then 'link'
        else 'review' end"""


def _lacking(declaration: Declaration, extras: str) -> str:
    how = declaration.decision
    told = {
        "few_fields": f"{extras} < {how.least_extras}",
        "name_or_birth": "not has_core",
        "low_weight": f"weight < {how.link_weight}",
    }
    return _spaced([f"if({sql}, '{code}', null)" for code, sql in told.items()])


def _codes(prefix: str, codes: list[str]) -> str:
    return _spaced([f"if({prefix}{code}, '{code}', null)" for code in codes])


def _spaced(codes: list[str]) -> str:
    return f"concat_ws(' ', {', '.join(codes)})" if codes else "''"


def _weights(scored: list[str]) -> str:
    found = []
    for name in scored:
        if name.startswith("mw_") and not name.startswith("mw_tf_adj_"):
            adjusted = f"mw_tf_adj_{name.removeprefix('mw_')}"
            found.append(f"p.{name} + p.{adjusted} as {name}" if adjusted in scored else f"p.{name} as {name}")
    return ", ".join(found)
