"""The pairs as they are told (候補の一覧): what two persons alone gave, and what only the whole shows."""

import pyarrow as pa

from receivables.identity.matching.workspace import Connection, columns_of

# Reasons that no pair has of its own; they come and go with third persons.
OF_THE_WHOLE = ("mistyped_number", "chain")


def tell(connection: Connection, pairs: str) -> pa.Table:
    """`pairs`, as `decide` made them, with `outcome` and `reasons`; reads `slip` and `grouping`.

    Whoever is in one group is linked: a pair that alone would be for review has then the method `others`. A link that
    was not taken because others would have met who may not is a review with the reason `chain`. A slip of the pen
    (`mistyped_number`) is a review even of a pair that was not worth telling.
    """
    weights = [name for name in columns_of(connection, pairs) if name.startswith("mw_")]
    return connection.sql(f"""
        with looked as (
            select coalesce(p.ref_l, s.ref_l) as ref_l, coalesce(p.ref_r, s.ref_r) as ref_r, p.decided, p.method,
                coalesce(p.codes, '') as codes, coalesce(p.evidence, '') as evidence, p.weight,
                {"".join(f"p.{name}, " for name in weights)}
                s.ref_l is not null as is_slip, coalesce(one.grp = other.grp, false) as is_together
            from {pairs} as p
            full join slip as s on s.ref_l = p.ref_l and s.ref_r = p.ref_r
            left join grouping as one on one.ref = p.ref_l
            left join grouping as other on other.ref = p.ref_r
        )
        select ref_l, ref_r, case when is_together then 'link' when is_slip or decided = 'link' then 'review'
                else decided end as outcome,
            case when decided = 'review' and is_together then 'others' else method end as method,
            concat_ws(' ', nullif(codes, ''), if(is_slip, 'mistyped_number', null),
                if(decided = 'link' and not is_together, 'chain', null)) as reasons,
            evidence, weight, {"".join(f"{name}, " for name in weights)}decided
        from looked
    """).to_arrow_table()


def own_codes(reasons: str) -> str:
    """SQL for what the two persons alone gave, out of the column `reasons`."""
    return f"rtrim(regexp_replace({reasons}, '(^| )({'|'.join(OF_THE_WHOLE)})', '', 'g'))"
