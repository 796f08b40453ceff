"""Made-up persons in the records of five sources, with the slips that are made there, and what is true of them."""

from pathlib import Path

import duckdb
import pyarrow as pa

QUIET = {"threads": "2", "autoinstall_known_extensions": "false"}
# One person in 2.2 lives with others: one surname, address and landline. Figures as assumed in the project's notes:
# kana typo 1 %, surname changed 1 %, birth date absent 8 % or wrong 0.5 %, moved 12 %, telephone absent 40 %.
_MADE = """
create table person as
select i, i // 22 * 10 + least(i % 22 // 2, 9) as home, {family} as family,
    (1500 * pow(hash(i, 'g') % 100000 / 100000.0, 2))::int as given,
    1930 + hash(i, 'y') % 90 as y, 1 + hash(i, 'm') % 12 as m, 1 + hash(i, 'd') % 28 as d, 1 + hash(i, 's') % 2 as sex
from range({persons}) as r (i);
create table record as
select i, 'register' as source from person
union all select i, ['tax', 'nhi', 'care', 'school'][(1 + k)::int]
from person, range(4) as r (k) where hash(i, k) % 1000 < 210;
create table slip as
select i, source, {slips} from record;
copy (
    select source || '-' || i as person_ref, source as source_code,
        case when source = 'register' or (source in ('tax', 'nhi') and not no_number)
            then (10000000 + i * 3 + if(wrong_number, 1, 0))::varchar end as addressee_no,
        if(source = 'register', home, null)::varchar as household_no,
        fam || giv as name_key, fam as family_key, giv as given_key,
        'k' || fam || giv || if(kana_typo, 'x', '') as kana_key,
        'k' || fam || giv || if(kana_typo, 'x', '') as kana_loose_key,
        null as alias_key, null as former_key,
        if(no_birth, null, y) as birth_year, if(no_birth, null, m) as birth_month,
        if(no_birth, null, if(wrong_birth, 1 + (d + 7) % 28, d)) as birth_day,
        sex::varchar as sex_code, 'A' || if(moved, home + 77777777, home) as address_key,
        null as former_address_key, 'P' || (if(moved, home + 77777777, home) // 400) as postal_code,
        if(no_phone, null, 'T' || if(own_phone, i + 500000000, home)) as phone_key, false as is_deceased
    from (
        select p.*, s.* exclude (i), 'F' || if(renamed, p.family + 1, p.family) as fam, 'G' || p.given as giv
        from slip as s join person as p on p.i = s.i
    )
    order by hash(person_ref)
) to '{file}' (format parquet)
"""
_SLIPS = {"kana_typo": 10, "renamed": 10, "no_birth": 80, "wrong_birth": 5, "moved": 120, "no_phone": 400,
          "own_phone": 100, "no_number": 100, "wrong_number": 2}  # fmt: skip


def make(persons: int, file: Path) -> None:
    """Source records of made-up persons, as a Parquet file in no order; the same on every run."""
    family = "(2000 * pow(hash(i // 22 * 10 + least(i % 22 // 2, 9), 'f') % 100000 / 100000.0, 3))::int"
    slips = ", ".join(f"source <> 'register' and hash(i, source, '{name}') % 1000 < {share} as {name}"
                      for name, share in _SLIPS.items())  # fmt: skip
    with duckdb.connect(config=QUIET) as connection:
        connection.execute(_MADE.format(persons=persons, family=family, slips=slips, file=file))


def correctness(clusters: pa.Table) -> str:
    """Precision and recall over pairs of one person, after grouping; the person stands in the ref."""
    with duckdb.connect(config=QUIET) as connection:
        connection.register("clusters", clusters)
        made, true, both = connection.execute("""
            with c as (select anchor, split_part(person_ref, '-', 2) as person from clusters)
            select (select sum(n * (n - 1) // 2) from (select count(*) as n from c group by anchor)),
                (select sum(n * (n - 1) // 2) from (select count(*) as n from c group by person)),
                (select sum(n * (n - 1) // 2) from (select count(*) as n from c group by anchor, person))
        """).fetchall()[0]
    return f"precision {both / made:.5f} ({made - both} wrong), recall {both / true:.4f} of {true:,}"


def shown(pairs: pa.Table) -> str:
    """Pairs of one person that are linked or shown to an official, and how many an official must look at."""
    with duckdb.connect(config=QUIET) as connection:
        connection.register("pairs", pairs)
        right, review = connection.execute("""
            select count(*) filter (split_part(ref_l, '-', 2) = split_part(ref_r, '-', 2)),
                count(*) filter (outcome = 'review') from pairs where outcome <> 'no_link'
        """).fetchall()[0]
    return f"{right:,} pairs of one person linked or shown; {review:,} pairs to review"
