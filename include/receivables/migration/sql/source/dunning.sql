-- 督促: one row per dunning letter, numbered within its claim by day and key.
select
    letters.source_code,
    letters.source_event_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.addressee_no,
    claims.child_no,
    claims.due_date,
    -- the standard's systems number letters themselves
    case
        when letters.source_code in ('resident_tax', 'light_vehicle_tax', 'ltci')
            then regexp_replace(letters.source_event_key, '^.*-', '')::bigint
        else row_number() over (
            partition by letters.source_code, letters.source_claim_key
            order by letters.issued_on, letters.source_event_key collate "C"
        )
    end as letter_seq,
    letters.issued_on,
    case when claims.source_claim_key is null then 'ORPHAN' end as left_behind,
    null::text as broken
from {letters} as letters
left join claim_keys as claims
    on
        letters.source_code = claims.source_code
        and letters.source_claim_key = claims.source_claim_key
