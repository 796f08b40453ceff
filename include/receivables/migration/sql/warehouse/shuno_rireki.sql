-- 収納履歴情報の独立再計算（W）.
select
    k.source_code,
    r.source_receipt_key as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    case when k.source_code in ('resident_tax', 'light_vehicle_tax', 'ltci')
        then reverse(split_part(reverse(r.source_receipt_key), '-', 1))
        else r.source_receipt_key
    end as shuno_rireki_no,
    k.atena_no,
    r.accounting_year as kaikei_nendo,
    r.principal_yen as zeigaku_shuno,
    r.dunning_fee_yen as tokusoku_shuno,
    r.delinquency_charge_yen as entaikin_shuno,
    r.is_provisional::integer::text as karikeshi_kbn,
    r.channel_code as nofu_channel_kbn,
    r.paid_on as ryoshu_ymd,
    r.received_on as shunyu_ymd,
    '0' as del_flg
from intermediate.int_receipts__allocated as r
inner join warehouse_keys as k on r.claim_id = k.claim_id
