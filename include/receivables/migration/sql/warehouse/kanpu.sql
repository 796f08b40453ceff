-- 過誤納・還付充当情報の独立再計算（W）: from staging's overpayments and the claims they fell on.
select
    'arrears' as source_code,
    substr(o.overpayment_key, length('overpayment-') + 1) as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    split_part(o.overpayment_key, '-', 2)::bigint as kago_remban,
    k.atena_no,
    o.found_on as kago_hassei_ymd,
    o.cause_code as kago_jiyu_cd,
    o.overpaid_yen as kago_zeigaku,
    o.refunded_yen as kanpu_gaku,
    o.offset_yen as juto_gaku,
    o.noticed_on as kanpu_tsuchi_ymd,
    o.refunded_on as kanpu_shiharai_ymd,
    '0' as del_flg
from staging.stg_arrears__overpayments as o
inner join warehouse_keys as k
    on
        lpad(k.tsuchisho_no, 10, '0') = o.notice_no
        and k.kibetsu_cd = o.instalment_no
        and k.source_code = case o.subject_code
            when '20' then 'nhi' when '22' then 'latter_stage' when '31' then 'nursery' when '41' then 'welfare_refund'
            when '01' then 'resident_tax' when '08' then 'light_vehicle_tax' when '21' then 'ltci'
        end
