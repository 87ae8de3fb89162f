-- On a list a visit has one price a day: with each provider, and one with everybody else.
ALTER TABLE billing_visitprice ADD CONSTRAINT one_visit_price_a_day EXCLUDE USING gist (
    price_list_id WITH =, appointment_type_id WITH =, part WITH =,
    (coalesce(provider_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    daterange(starts_on, ends_on, '[]') WITH &&)
