-- 督促情報の独立再計算（W）.
select
    k.source_code,
    regexp_replace(e.event_id, '^[^:]*:[^:]*:', '') as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    k.atena_no,
    case when k.source_code in ('resident_tax', 'light_vehicle_tax', 'ltci')
        then reverse(split_part(reverse(e.event_id), '-', 1))::bigint
        else count(*) over (
            partition by e.claim_id
            order by e.issued_on, regexp_replace(e.event_id, '^[^:]*:[^:]*:', '') collate "C" rows unbounded preceding
        )
    end as rireki_no,
    e.issued_on as tokusoku_hakko_ymd,
    '0' as del_flg
from intermediate.int_claim_events__unioned as e
inner join warehouse_keys as k on e.claim_id = k.claim_id
where e.event_type in ('dunned', 'dunning_returned')
