DROP TRIGGER resource_follows ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_resource_follows()
-- ;;
ALTER TABLE scheduling_resourceuse DROP CONSTRAINT resource_single_file
-- ;;
DROP TRIGGER resource_guard ON scheduling_resourceuse
-- ;;
DROP FUNCTION scheduling_resource_guard()
