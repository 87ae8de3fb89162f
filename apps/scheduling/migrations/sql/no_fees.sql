ALTER TABLE scheduling_fee DROP CONSTRAINT one_fee_a_day
