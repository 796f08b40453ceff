-- 不納欠損: one row per instalment of which something was written off.
select
    claims.source_code,
    claims.source_claim_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.addressee_no,
    claims.child_no,
    claims.due_date,
    claims.written_off_on,
    claims.write_off_code,
    claims.written_off_yen,
    null::text as left_behind,
    null::text as broken,
    claims.written_off_yen as of_written_off_yen
from claim_keys as claims
where claims.written_off_yen <> 0
