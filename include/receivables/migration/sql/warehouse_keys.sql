-- 期別キーの独立再計算: the eleven columns of every claim from the warehouse's own table, written without the maps.
with children as (

    select source_code, source_claim_key, child_no
    from {children} as told

)

select
    c.claim_id,
    c.source_code,
    c.source_claim_key,
    c.claim_type,
    c.due_date,
    c.assessed_yen,
    c.written_off_yen,
    c.written_off_on,
    c.source_debtor_key as atena_no,
    '131121' as shikuchoson_cd,
    '' as mae_shikuchoson_cd,
    c.levy_year as fuka_nendo,
    case when c.source_code in ('resident_tax', 'light_vehicle_tax', 'ltci')
        then split_part(c.source_claim_key, '-', 2)::integer
        else c.fiscal_year
    end as soto_nendo,
    c.notice_no as tsuchisho_no,
    case c.claim_type
        when 'resident_tax' then '01'
        when 'light_vehicle_tax' then '08'
        when 'ltci_premium' then '21'
        when 'latter_stage_medical_premium' then '22'
        when 'nhi_premium' then '23'
        when 'nursery_fee' then 'A1'
        when 'after_school_club_fee' then 'Z1'
        when 'school_lunch_fee' then 'Z2'
        when 'seiho_refund_63' then 'Z3'
        when 'seiho_collection_78' then 'Z4'
        when 'ward_housing_rent' then 'Z5'
    end as kamoku_cd,
    '' as tokucho_shitei_no,
    to_char(c.instalment_no, 'FM00') as kibetsu_cd,
    0::bigint as shinkoku_rireki_no,
    0::bigint as jigyo_nendo_no,
    coalesce(children.child_no, '') as jido_atena_no
from intermediate.int_claims__unioned as c
left join children
    on
        c.source_code = children.source_code
        and c.source_claim_key = children.source_claim_key
where c.source_code = any({sources})
