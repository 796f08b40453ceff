-- 国民健康保険料の内訳: one row per instalment and part. Parts are rows: a fourth one came in FY2026.

with instalments as (

    {{ known_rows(source('nhi', 'nhi__claims')) }}

)

select
    'nhi' as source_code,
    concat_ws('-', instalments.notice_no, lpad(instalments.instalment_no, 2, '0')) as source_claim_key,
    part.component_code,
    part.assessed_yen
from instalments
cross join lateral (
    values
    ('medical', instalments.medical_yen),
    ('support', instalments.support_yen),
    ('care', instalments.care_yen)
) as part (component_code, assessed_yen)
