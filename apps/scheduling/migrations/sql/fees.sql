-- Of one provider and type no two fees hold on the same day.
ALTER TABLE scheduling_fee ADD CONSTRAINT one_fee_a_day EXCLUDE USING gist (
    provider_id WITH =, appointment_type_id WITH =, daterange(effective_from, effective_until, '[]') WITH &&)
