-- 不納欠損の突合: what is written off by cause = what the year's collection figures say, per kind of claim and year.

with by_cause as (

    select
        claim_type,
        fiscal_year,
        sum(written_off_yen) as yen
    from {{ ref('agg_write_offs') }}
    where fiscal_year <= {{ fiscal_year(as_of()) }} -- instalments of later years are in no figure yet
    group by claim_type, fiscal_year

),

reported as (

    select
        claim_type,
        fiscal_year,
        max(yen) as yen
    from (
        select
            claim_type,
            fiscal_year,
            month,
            sum(written_off_yen) as yen
        from {{ ref('agg_collection') }}
        group by claim_type, fiscal_year, month
    ) as monthly
    group by claim_type, fiscal_year

)

select
    claim_type,
    fiscal_year,
    by_cause.yen as by_cause_yen,
    reported.yen as reported_yen
from reported
full join by_cause using (claim_type, fiscal_year)
where coalesce(by_cause.yen, 0) <> coalesce(reported.yen, 0)
