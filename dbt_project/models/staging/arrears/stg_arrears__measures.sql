-- 差押・解除、交付要求・参加差押・終結: one row per act on a claim. Rename and type only; no law, no joins.

with seizures as (

    {{ known_rows(source('arrears', 'arrears__seizures')) }}

),

filings as (

    {{ known_rows(source('arrears', 'arrears__claim_filings')) }}

),

seized as (

    select
        concat_ws(
            '-', 'seizure', seizures.seizure_no, seizures.subject_code, seizures.levy_year, seizures.tax_year,
            seizures.notice_no, seizures.instalment_no, act.event_type
        ) as source_event_key,
        seizures.subject_code,
        seizures.notice_no,
        seizures.instalment_no,
        act.event_type,
        act.event_date,
        act.issued_on,
        act.arrived_on,
        act.ground_code,
        seizures.seizure_no as document_no,
        act.amount_yen,
        seizures._batch_id as batch_id,
        seizures._line_no as line_no
    from seizures
    cross join
        lateral (
            values
            (
                'seized', seizures.issued_on, seizures.issued_on, seizures.arrived_on, seizures.measure_code,
                seizures.seized_yen
            ),
            ('released', seizures.released_on, null, null, null, null)
        ) as act (event_type, event_date, issued_on, arrived_on, ground_code, amount_yen)
    where act.event_date is not null

),

filed as (

    select
        concat_ws(
            '-', 'filing', filings.filing_no, filings.subject_code, filings.levy_year, filings.tax_year,
            filings.notice_no, filings.instalment_no, act.event_type
        ) as source_event_key,
        filings.subject_code,
        filings.notice_no,
        filings.instalment_no,
        act.event_type,
        act.event_date,
        act.issued_on,
        null::date as arrived_on,
        act.ground_code,
        filings.case_no as document_no,
        null::bigint as amount_yen,
        filings._batch_id as batch_id,
        filings._line_no as line_no
    from filings
    cross join
        lateral (
            values
            ('claim_filed', filings.filed_on, filings.filed_on, filings.measure_code),
            ('claim_filing_ended', filings.ended_on, null, null)
        ) as act (event_type, event_date, issued_on, ground_code)
    where act.event_date is not null

)

select * from seized
union all
select * from filed
