-- 送付先・連絡先情報の独立再計算（W）.
select
    'register' as source_code,
    p.addressee_no as source_key,
    '131121' as shikuchoson_cd,
    p.addressee_no as atena_no,
    '036' as gyomu_id,
    '' as kamoku_cd,
    '' as keiji_kanri_no,
    1::bigint as sofu_rireki_no,
    p.phone as tel_no,
    '0' as del_flg
from migration.persons_told({snapshot}) as p
where
    p.phone is not null
    and p.person_kind = '1'
    and not p.is_withheld
    and exists (select from warehouse_keys as k where k.atena_no = p.addressee_no)
