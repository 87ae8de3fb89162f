-- Nobody has two extra sessions at two sites at once. (Weekly hours never overlap at all: weekly_hours_overlap.)
ALTER TABLE scheduling_oneoffopening ADD CONSTRAINT one_site_at_a_time EXCLUDE USING gist (
    provider_id WITH =, site_id WITH <>, tstzrange(starts_at, ends_at) WITH &&)
    WHERE (withdrawn_at IS NULL AND site_id IS NOT NULL)
