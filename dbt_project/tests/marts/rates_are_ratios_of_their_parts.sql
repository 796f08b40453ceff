-- 収納率: numerator and denominator are kept, and the rate is theirs; no rate without a denominator.

select *
from {{ ref('agg_collection') }}
where
    rate_numerator_yen <> received_yen - refund_pending_yen
    or rate_denominator_yen <> assessed_yen
    or uncollected_yen <> rate_denominator_yen - rate_numerator_yen - written_off_yen
    or collection_rate is distinct from round(100.0 * rate_numerator_yen / nullif(rate_denominator_yen, 0), 2)
