DROP TRIGGER resource_held ON scheduling_resourceuse
-- ;;
DROP FUNCTION scheduling_resource_held()
-- ;;
DROP TRIGGER appointment_held ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_appointment_held()
