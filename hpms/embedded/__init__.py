"""The servers HPMS brings along, for a machine that has none: PostgreSQL and the task broker.

Production names its own servers (HPMS_DATABASE_URL, HPMS_REDIS_URL) and never imports this package.
Everything here is standard library: it runs before Django does.
"""
