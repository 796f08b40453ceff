-- 期別: the instalments of the sources with what names them in every group of the standard.
select
    claims.source_code,
    claims.source_claim_key,
    claims.claim_type,
    claims.levy_year,
    coalesce(extras.tax_year, claims.fiscal_year) as fiscal_year, -- 相当年度: the tax systems have one of their own
    claims.notice_no,
    claims.instalment_no,
    lpad(claims.notice_no, 10, '0') as slip_notice_no,
    claims.source_debtor_key as addressee_no,
    extras.child_no,
    extras.vehicle_no,
    extras.write_off_code,
    claims.due_date,
    claims.assessed_yen,
    claims.written_off_yen,
    claims.written_off_on
from {claims} as claims
left join {extras} as extras
    on
        claims.source_code = extras.source_code
        and claims.batch_id = extras.batch_id
        and claims.line_no = extras.line_no
