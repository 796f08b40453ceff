-- 催告発送管理情報の独立再計算（W）: from the acts that the warehouse knows of its claims.
select
    'arrears' as source_code,
    regexp_replace(split_part(e.event_id, ':', 3), '^reminder-(.*?)$', '\1') as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    e.issued_on as hasso_ymd,
    '1' as saishin_flg,
    e.designated_deadline as shitei_kigen_ymd,
    e.ground_code as saikoku_kbn,
    '0' as del_flg
from intermediate.int_cases__claimed as e
inner join warehouse_keys as k on e.claim_id = k.claim_id
where
    e.source_code = 'arrears'
    and e.event_type = 'reminded'
