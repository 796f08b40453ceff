-- 独立再計算（W）: the same rows from the warehouse's own claims and receipts, written without the map.
-- Items not named here are expected to be empty.
with money as (

    select
        claim_id,
        sum(case when is_provisional then 0 else principal_yen end)::bigint as zeigaku_shuno,
        sum(case when is_provisional then principal_yen else 0 end)::bigint as zeigaku_karikeshi,
        sum(case when is_provisional then 0 else dunning_fee_yen end)::bigint as tokusoku_shuno,
        sum(case when is_provisional then dunning_fee_yen else 0 end)::bigint as tokusoku_karikeshi,
        sum(case when is_provisional then 0 else delinquency_charge_yen end)::bigint as entaikin_shuno,
        sum(case when is_provisional then delinquency_charge_yen else 0 end)::bigint as entaikin_karikeshi,
        max(case when is_provisional then null else received_on end) as shunyu_ymd,
        max(case when is_provisional then null else paid_on end) as ryoshu_ymd
    from intermediate.int_receipts__allocated
    where source_code = 'nhi' and allocation_state = 'allocated'
    group by claim_id

)

select
    c.source_claim_key as source_key,
    c.claim_type as source_claim_type,
    b.outstanding_yen as expected_outstanding_yen,
    b.refund_pending_yen + b.given_back_yen as expected_refund_yen, -- the file counts what came in, gone back or not
    '131121' as shikuchoson_cd,
    '' as mae_shikuchoson_cd,
    c.levy_year as fuka_nendo,
    c.fiscal_year as soto_nendo,
    c.notice_no as tsuchisho_no,
    case c.claim_type when 'nhi_premium' then '23' end as kamoku_cd,
    '' as tokucho_shitei_no,
    to_char(c.instalment_no, 'FM00') as kibetsu_cd,
    0::bigint as shinkoku_rireki_no,
    0::bigint as jigyo_nendo_no,
    '' as jido_atena_no,
    c.source_debtor_key as atena_no,
    c.due_date as noki_ymd,
    c.assessed_yen as zeigaku,
    medical.assessed_yen as zeigaku_iryo_ippan,
    care.assessed_yen as zeigaku_kaigo_ippan,
    support.assessed_yen as zeigaku_shien_ippan,
    coalesce(m.zeigaku_shuno, 0) as zeigaku_shuno,
    coalesce(m.zeigaku_karikeshi, 0) as zeigaku_karikeshi,
    coalesce(m.tokusoku_shuno, 0) as tokusoku_shuno,
    coalesce(m.tokusoku_karikeshi, 0) as tokusoku_karikeshi,
    coalesce(m.entaikin_shuno, 0) as entaikin_shuno,
    coalesce(m.entaikin_karikeshi, 0) as entaikin_karikeshi,
    m.shunyu_ymd,
    m.ryoshu_ymd,
    c.written_off_on as kesson_ymd,
    c.written_off_yen as kesson_zeigaku,
    '0' as del_flg
from intermediate.int_claims__unioned as c
left join intermediate.int_claims__balances as b on c.claim_id = b.claim_id
left join money as m on c.claim_id = m.claim_id
left join staging.stg_nhi__claim_components as medical
    on c.source_claim_key = medical.source_claim_key and medical.component_code = 'medical'
left join staging.stg_nhi__claim_components as support
    on c.source_claim_key = support.source_claim_key and support.component_code = 'support'
left join staging.stg_nhi__claim_components as care
    on c.source_claim_key = care.source_claim_key and care.component_code = 'care'
where c.source_code = 'nhi'
