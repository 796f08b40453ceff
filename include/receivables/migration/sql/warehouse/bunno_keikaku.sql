-- 分割納付計画情報の独立再計算（W）: from the acts that the warehouse knows of its claims.
select
    'arrears' as source_code,
    regexp_replace(split_part(e.event_id, ':', 3), '^plan-(.*?)$', '\1') as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    e.document_no as bunno_kanri_no,
    1::bigint as bunno_rireki_no,
    regexp_replace(e.event_id, '^.*-', '')::bigint as bunkatsu_kaisu,
    0::bigint as hakko_kaisu,
    '1' as saishin_flg,
    e.until_on as nofu_yotei_ymd,
    e.amount_yen as bunno_zeigaku,
    e.event_date as sosa_ymd,
    '0' as del_flg
from intermediate.int_cases__claimed as e
inner join warehouse_keys as k on e.claim_id = k.claim_id
where
    e.source_code = 'arrears'
    and e.event_type in ('plan_due', 'acknowledged')
