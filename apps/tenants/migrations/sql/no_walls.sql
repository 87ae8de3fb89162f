DROP FUNCTION IF EXISTS tenancy.clinic_for_host(text)
-- ;;
DROP FUNCTION IF EXISTS tenancy.record_reads_here(uuid[], text)
-- ;;
DROP FUNCTION IF EXISTS tenancy.guard(text, uuid, text, text[], text[])
-- ;;
DROP FUNCTION IF EXISTS tenancy.refuse()
-- ;;
DROP FUNCTION IF EXISTS tenancy.record_change_here()
-- ;;
DROP FUNCTION IF EXISTS tenancy.record_change() CASCADE
-- ;;
DROP FUNCTION IF EXISTS tenancy.without_secrets(jsonb)
