-- 不納欠損期別情報の独立再計算（W）: from the ledger's events of writing off.
select
    k.source_code,
    k.source_claim_key as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    e.event_date as kesson_ymd,
    '1' as saishin_flg,
    causes.write_off_code as kesson_jiyu_cd,
    e.amount_yen as kesson_zeigaku,
    '0' as del_flg
from intermediate.int_claim_events__unioned as e
inner join warehouse_keys as k on e.claim_id = k.claim_id
left join {causes} as causes on k.source_code = causes.source_code and k.source_claim_key = causes.source_claim_key
where e.event_type = 'written_off'
