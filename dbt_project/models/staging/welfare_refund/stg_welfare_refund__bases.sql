-- 生活保護費返還金・徴収金の根拠: part of the decision, ground, and the days on which the aid was paid out. Rename only.

with decisions as (

    {{ known_rows(source('welfare_refund', 'welfare_refund__decisions')) }}

)

select
    'welfare_refund' as source_code,
    concat_ws('-', decision_no, split_seq, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    split_seq as claim_split_seq,
    case error_code when '0' then 'ordinary' when '1' then 'office_error' end as ground_code,
    basis_from,
    basis_to
from decisions
