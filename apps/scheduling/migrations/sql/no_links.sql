DROP TRIGGER appointment_replaces ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_appointment_replaces()
-- ;;
ALTER TABLE scheduling_appointment DROP CONSTRAINT appointment_reschedule_of_patient
-- ;;
ALTER TABLE scheduling_appointment DROP CONSTRAINT appointment_follow_up_of_patient
