-- 五つの柱の計数（収納チャネル・催告）: numerators and denominators of payments and contacts. A part of agg_plan_pillars, no table.

{{ config(materialized='ephemeral') }}

with channels as (

    select
        count(*) filter (where state <> 'failed') as payments,
        count(*) filter (where channel = 'bank_debit' and state <> 'failed') as debits,
        count(*) filter (where channel = 'bank_debit') as all_debits,
        count(*) filter (where channel in ('payment_agent', 'el_qr') and state <> 'failed') as cashless,
        count(*) filter (where channel = 'el_qr' and state <> 'failed') as el_qr
    from {{ ref('int_payments__announced') }}

),

contacts as (

    select
        count(*) filter (where channel = 'phone_centre') as phone,
        count(*) filter (where channel = 'phone_centre' and outcome = 'contacted') as phone_reached,
        count(*) filter (where channel = 'auto_call') as auto_call,
        count(*) filter (where channel = 'auto_call' and outcome = 'contacted') as auto_call_reached,
        count(*) filter (where channel = 'auto_call' and outcome = 'refused') as auto_call_refused,
        count(*) filter (where channel = 'sms') as sms,
        count(*) filter (where channel = 'sms' and outcome = 'contacted') as sms_opened
    from {{ ref('fct_contacts') }}

),

waves as (

    select
        count(distinct campaign_code) as campaigns,
        count(distinct concat_ws(':', campaign_code, wave_no, channel)) filter (where control_count > 0) as compared
    from {{ ref('agg_contact_effect') }}
    where is_complete and horizon_days = 30

)

select
    figure.indicator,
    figure.numerator,
    figure.denominator
from channels, contacts, waves, lateral (
    values
    ('direct_debit_share', channels.debits, channels.payments),
    ('failed_debits', channels.all_debits - channels.debits, channels.all_debits),
    ('cashless_share', channels.cashless, channels.payments),
    ('el_qr_share', channels.el_qr, channels.payments),
    ('phone_contact_rate', contacts.phone_reached, contacts.phone),
    ('auto_call_contact_rate', contacts.auto_call_reached, contacts.auto_call),
    ('auto_call_refusals', contacts.auto_call_refused, contacts.auto_call),
    ('sms_opened_rate', contacts.sms_opened, contacts.sms),
    ('measured_campaigns', waves.campaigns, null),
    ('compared_waves', waves.compared, null)
) as figure (indicator, numerator, denominator)
