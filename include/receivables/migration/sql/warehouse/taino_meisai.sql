-- 滞納明細管理の独立再計算（W）.
select
    k.source_code,
    k.source_claim_key as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    '1' as saishin_flg,
    k.atena_no,
    (k.claim_id in (
        select e.claim_id from intermediate.int_claim_events__unioned as e
        where e.claim_id is not null and e.event_type = 'instalment_plan'
    ))::integer::text as bunno_umu,
    (k.claim_id in (
        select e.claim_id from intermediate.int_claim_events__unioned as e
        where e.claim_id is not null and (e.event_type = 'seized' or e.event_type = 'claim_filed')
    ))::integer::text as shobun_umu,
    (k.claim_id in (
        select e.claim_id from intermediate.int_claim_events__unioned as e
        where e.claim_id is not null and e.event_type = 'execution_stay'
    ))::integer::text as shikkoteishi_umu,
    (k.written_off_yen > 0)::integer::text as kesson_umu,
    '0' as del_flg
from warehouse_keys as k
inner join intermediate.int_claims__balances as b on k.claim_id = b.claim_id
where b.outstanding_yen > 0 and {snapshot} > k.due_date
