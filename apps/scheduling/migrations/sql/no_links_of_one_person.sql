DROP TRIGGER links_hold_together ON patients_patient
-- ;;
DROP FUNCTION scheduling_links_hold_together()
-- ;;
DROP TRIGGER appointment_links ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_appointment_links()
-- ;;
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_follow_up_of_patient
    FOREIGN KEY (follow_up_for_id, patient_id) REFERENCES scheduling_appointment (id, patient_id)
-- ;;
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_reschedule_of_patient
    FOREIGN KEY (reschedule_of_id, patient_id) REFERENCES scheduling_appointment (id, patient_id)
