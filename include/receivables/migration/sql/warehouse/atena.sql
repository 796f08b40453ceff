-- 宛名情報の独立再計算（W）: whoever owes one of the claims that move.
with told as (

    select distinct on (t.addressee_no) t.* from migration.persons_told({snapshot}) as t
    -- Two departments may tell one name, one of them without its reading.
    order by t.addressee_no, t.person_kind, t.person_name collate "C", t.person_kana collate "C" nulls last

),

owing as (

    select distinct k.atena_no from warehouse_keys as k

)

select
    'register' as source_code,
    owing.atena_no as source_key,
    '131121' as shikuchoson_cd,
    owing.atena_no,
    1::bigint as rireki_no,
    '1' as saishin_flg,
    coalesce(p.person_kind, '2') as atena_kbn,
    p.person_name as shimei,
    replace(normalize(p.person_kana, nfkc), ' ', '　') as shimei_kana,
    case when substr(p.birth_text, 6) not like '%00%' then to_date(p.birth_text, 'YYYY-MM-DD') end as seinengappi,
    (substr(p.birth_text, 6) like '%00%')::integer::text as seinengappi_fusho_flg,
    case when substr(p.birth_text, 6) like '%00%' then p.birth_text end as seinengappi_fusho_hyoki,
    p.sex_code as seibetsu_cd,
    p.postal_code as yubin_no,
    p.address as jusho,
    p.address_detail as katagaki,
    p.moved_on as ido_ymd,
    p.move_code as ido_jiyu_cd,
    coalesce(p.is_protected, false)::integer::text as shiensochi_flg,
    '0' as del_flg
from owing
left join told as p on owing.atena_no = p.addressee_no
