-- 調定収納情報の独立再計算（W）: from the warehouse's own claims and receipts, written without the map.
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
    where source_code = any({sources}) and allocation_state = 'allocated'
    group by claim_id

),

parts as (

    select
        source_code,
        source_claim_key,
        max(assessed_yen) filter (where component_code = 'medical') as zeigaku_iryo_ippan,
        max(assessed_yen) filter (where component_code = 'care') as zeigaku_kaigo_ippan,
        max(assessed_yen) filter (where component_code = 'support') as zeigaku_shien_ippan
    from {parts} as told
    group by source_code, source_claim_key

)

select
    k.source_code,
    k.source_claim_key as source_key,
    k.claim_type as source_claim_type,
    b.outstanding_yen as expected_outstanding_yen,
    b.refund_pending_yen + b.given_back_yen as expected_refund_yen, -- the file counts what came in, gone back or not
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    k.due_date as noki_ymd,
    k.assessed_yen as zeigaku,
    parts.zeigaku_iryo_ippan,
    parts.zeigaku_kaigo_ippan,
    parts.zeigaku_shien_ippan,
    coalesce(m.zeigaku_shuno, 0) as zeigaku_shuno,
    coalesce(m.zeigaku_karikeshi, 0) as zeigaku_karikeshi,
    coalesce(m.tokusoku_shuno, 0) as tokusoku_shuno,
    coalesce(m.tokusoku_karikeshi, 0) as tokusoku_karikeshi,
    coalesce(m.entaikin_shuno, 0) as entaikin_shuno,
    coalesce(m.entaikin_karikeshi, 0) as entaikin_karikeshi,
    m.shunyu_ymd,
    m.ryoshu_ymd,
    k.written_off_on as kesson_ymd,
    causes.write_off_code as kesson_jiyu_cd,
    k.written_off_yen as kesson_zeigaku,
    '0' as del_flg
from warehouse_keys as k
left join intermediate.int_claims__balances as b on k.claim_id = b.claim_id
left join money as m on k.claim_id = m.claim_id
left join parts on k.source_code = parts.source_code and k.source_claim_key = parts.source_claim_key
left join {causes} as causes on k.source_code = causes.source_code and k.source_claim_key = causes.source_claim_key
