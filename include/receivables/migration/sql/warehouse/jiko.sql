-- 時効情報の独立再計算（W）: from the law's own findings of the day.
select
    k.source_code,
    k.source_claim_key as source_key,
    k.claim_type as source_claim_type,
    k.shikuchoson_cd, k.mae_shikuchoson_cd, k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.tokucho_shitei_no,
    k.kibetsu_cd, k.shinkoku_rireki_no, k.jigyo_nendo_no, k.jido_atena_no,
    '1' as saishin_flg,
    k.atena_no,
    case (select max(r.years) from law.prescription_rules as r where r.rule_id = a.prescription_rule_id)
        when 2 then a.prescription_date_safe
    end as jiko_2nen_ymd,
    case (select max(r.years) from law.prescription_rules as r where r.rule_id = a.prescription_rule_id)
        when 5 then a.prescription_date_safe
    end as jiko_5nen_ymd,
    case a.held_by when 'execution_stay' then a.held_until end as shikkoteishi_jiko_ymd,
    '0' as del_flg
from law.claim_assessments as a
inner join warehouse_keys as k on a.claim_id = k.claim_id
where
    a.as_of = {snapshot}
    and a.prescription_date_safe is not null
    and exists (
        select from law.prescription_rules as r where r.rule_id = a.prescription_rule_id and r.years in (2, 5)
    )
