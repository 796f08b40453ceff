-- 執行停止情報の独立再計算（W）: from the acts that the warehouse knows of its claims.
select
    'arrears' as source_code,
    regexp_replace(split_part(e.event_id, ':', 3), '^stay-(.*?)-execution_stay$', '\1') as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    e.document_no as shikko_kanri_no,
    '1' as saishin_flg,
    e.event_date as teishi_ymd,
    e.ground_code as teishi_jiyu_cd,
    ended.event_date as torikeshi_ymd,
    e.until_on as shometsu_yotei_ymd,
    e.is_immediate::integer::text as sokuji_shometsu_flg,
    '0' as del_flg
from intermediate.int_cases__claimed as e
inner join warehouse_keys as k on e.claim_id = k.claim_id
left join intermediate.int_cases__claimed as ended
    on
        e.claim_id = ended.claim_id
        and e.document_no = ended.document_no
        and ended.event_type = 'stay_cancelled'
where
    e.source_code = 'arrears'
    and e.event_type = 'execution_stay'
