-- What is asked for each booking, as guards.sql, holds.sql and offers.sql say it.
-- Statements are split at lines of "-- ;;". A function stands in a clinic's schema and looks nowhere else, whatever the
-- session's path is by then (core/sql.py, pinned): so it may name tables outright, and its plans are kept.

CREATE OR REPLACE FUNCTION scheduling_appointment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    active CONSTANT text[] := ARRAY['scheduled', 'arrived', 'in_session', 'completed'];
    allowed int;
    busiest int;
BEGIN
    NEW.busy_from := NEW.starts_at - make_interval(mins => NEW.buffer_before);
    NEW.busy_until := NEW.ends_at + make_interval(mins => NEW.buffer_after);
    IF NOT NEW.status = ANY (active) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = ANY (active)
       AND (OLD.provider_id, OLD.busy_from, OLD.busy_until, OLD.lane, OLD.capacity, OLD.is_override)
           = (NEW.provider_id, NEW.busy_from, NEW.busy_until, NEW.lane, NEW.capacity, NEW.is_override) THEN
        RETURN NEW;  -- attendance: it keeps the place that it has
    END IF;
    -- One writer at a time for a provider: the row, not an advisory lock, so that it travels with the clinic.
    PERFORM FROM clinic_provider WHERE id = NEW.provider_id FOR NO KEY UPDATE;
    IF NEW.is_override THEN
        RETURN NEW;
    END IF;
    IF NEW.capacity > 1 THEN
        allowed := greatest(1, (SELECT max(capacity) FROM scheduling_weeklyhours WHERE provider_id = NEW.provider_id),
                            (SELECT max(capacity) FROM scheduling_oneoffopening WHERE provider_id = NEW.provider_id AND withdrawn_at IS NULL));
        IF NEW.capacity > allowed THEN
            RAISE EXCEPTION 'appointment %: no hours of this provider take % patients at a time', NEW.number, NEW.capacity
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END IF;
    -- All active rows count, overrides too: nobody slips in beside one.
    WITH near AS (SELECT busy_from, busy_until FROM scheduling_appointment
                   WHERE provider_id = NEW.provider_id AND id <> NEW.id AND status = ANY (active)
                     AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from)
    SELECT coalesce(max((SELECT count(*) FROM near b
                          WHERE b.busy_from <= greatest(a.busy_from, NEW.busy_from)
                            AND b.busy_until > greatest(a.busy_from, NEW.busy_from))), 0) INTO busiest FROM near a;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'appointment % overlaps another appointment of its provider', NEW.number
            USING ERRCODE = '23P01', CONSTRAINT = 'appointment_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE OR REPLACE FUNCTION scheduling_appointment_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    active CONSTANT text[] := ARRAY['scheduled', 'arrived', 'in_session', 'completed'];
    booker uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.booked_by_id END;
    busiest int;
BEGIN
    IF NEW.is_override OR NOT NEW.status = ANY (active) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = ANY (active)
       AND (OLD.provider_id, OLD.busy_from, OLD.busy_until) = (NEW.provider_id, NEW.busy_from, NEW.busy_until) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM scheduling_hold WHERE provider_id = NEW.provider_id AND expires_at > clock_timestamp()
                      AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from
                      AND 'user:' || by_id <> coalesce(current_setting('hpms.actor', true), '')
                      AND (booker IS NULL OR by_id <> booker)) THEN
        RETURN NEW;
    END IF;
    WITH near AS (SELECT busy_from, busy_until FROM scheduling_appointment
                   WHERE provider_id = NEW.provider_id AND id <> NEW.id AND status = ANY (active)
                     AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from
                  UNION ALL
                  SELECT busy_from, busy_until FROM scheduling_hold
                   WHERE provider_id = NEW.provider_id AND expires_at > clock_timestamp()
                     AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from
                     AND 'user:' || by_id <> coalesce(current_setting('hpms.actor', true), '')
                     AND (booker IS NULL OR by_id <> booker))
    SELECT coalesce(max((SELECT count(*) FROM near b
                          WHERE b.busy_from <= greatest(a.busy_from, NEW.busy_from)
                            AND b.busy_until > greatest(a.busy_from, NEW.busy_from))), 0) INTO busiest FROM near a;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'appointment %: somebody else is booking that time', NEW.number
            USING ERRCODE = '23P01', CONSTRAINT = 'appointment_held', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE OR REPLACE FUNCTION scheduling_appointment_offer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    active CONSTANT text[] := ARRAY['scheduled', 'arrived', 'in_session', 'completed'];
    busiest int;
BEGIN
    IF NOT NEW.status = ANY (active) OR NEW.is_override THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = ANY (active)
       AND (OLD.provider_id, OLD.busy_from, OLD.busy_until) = (NEW.provider_id, NEW.busy_from, NEW.busy_until) THEN
        RETURN NEW;
    END IF;
    PERFORM FROM clinic_provider WHERE id = NEW.provider_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM scheduling_waitlistoffer
                    WHERE provider_id = NEW.provider_id AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from
                      AND status = 'open' AND expires_at > clock_timestamp()) THEN
        RETURN NEW;
    END IF;
    WITH near AS (SELECT busy_from, busy_until FROM scheduling_appointment
                   WHERE provider_id = NEW.provider_id AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from
                     AND id <> NEW.id AND status = ANY (active)
                  UNION ALL
                  SELECT busy_from, busy_until FROM scheduling_waitlistoffer
                   WHERE provider_id = NEW.provider_id AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from
                     AND status = 'open' AND expires_at > clock_timestamp())
    SELECT coalesce(max((SELECT count(*) FROM near b WHERE b.busy_from <= greatest(a.busy_from, NEW.busy_from)
                            AND b.busy_until > greatest(a.busy_from, NEW.busy_from))), 0) INTO busiest FROM near a;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'appointment %: this time is offered to somebody who waits', NEW.number
            USING ERRCODE = '23P01', CONSTRAINT = 'appointment_offer_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
