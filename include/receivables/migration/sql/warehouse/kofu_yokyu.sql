-- 交付要求・参加差押情報の独立再計算（W）: from the acts that the warehouse knows of its claims.
select
    'arrears' as source_code,
    regexp_replace(split_part(e.event_id, ':', 3), '^filing-(.*?)-claim_filed$', '\1') as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    e.ground_code as shobun_cd,
    split_part(split_part(e.event_id, ':', 3), '-', 2) as shobun_kanri_no,
    '1' as saishin_flg,
    e.document_no as jiken_no,
    e.event_date as yokyu_ymd,
    ended.event_date as kaijo_ymd,
    '0' as del_flg
from intermediate.int_cases__claimed as e
inner join warehouse_keys as k on e.claim_id = k.claim_id
left join intermediate.int_cases__claimed as ended
    on
        ended.event_type = 'claim_filing_ended'
        and replace(ended.event_id, 'claim_filing_ended', 'claim_filed') = e.event_id
where
    e.source_code = 'arrears'
    and e.event_type = 'claim_filed'
