-- 徴収（換価）の猶予: one row per deferral and claim.
select
    'arrears' as source_code,
    concat_ws('-', acts.deferral_no, acts.subject_code, acts.levy_year, acts.tax_year, acts.notice_no, acts.instalment_no) as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.child_no,
    acts.addressee_no,
    acts.deferral_no,
    acts.deferral_code,
    acts.first_on,
    acts.until_on,
    acts.cancelled_on,
    case
        when subjects.source_code is null or subjects.source_code <> all({sources}) then 'OTHER_SYSTEM'
        when claims.source_claim_key is null then 'ORPHAN'
    end as left_behind,
    null::text as broken
from raw.arrears__deferrals as acts
left join subjects
    on acts.subject_code = subjects.subject_code
left join claim_keys as claims
    on
        subjects.source_code = claims.source_code
        and acts.notice_no = claims.slip_notice_no
        and acts.instalment_no::integer = claims.instalment_no
where
    acts._known_from <= {snapshot}
    and (acts._known_to is null or acts._known_to > {snapshot})
