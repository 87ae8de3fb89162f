DO $$
DECLARE of_patient text;
BEGIN
    FOREACH of_patient IN ARRAY ARRAY['patients_allergy', 'patients_condition', 'patients_medication', 'patients_patientflag', 'patients_coverage',
                                     'patients_patientconsent', 'patients_document'] LOOP
        EXECUTE format('DROP TRIGGER not_for_merged ON %I', of_patient);
    END LOOP;
END $$
-- ;;
ALTER TABLE patients_patientseparation DROP CONSTRAINT patient_separation_for_a_reason
-- ;;
ALTER TABLE patients_patientmerge DROP CONSTRAINT patient_merge_for_a_reason
-- ;;
DROP TRIGGER merge_is_written ON patients_patientseparation
-- ;;
DROP TRIGGER merge_is_written ON patients_patientmerge
-- ;;
DROP TRIGGER merge_is_written ON patients_patient
-- ;;
DROP TRIGGER merge_guard ON patients_patient
-- ;;
DROP FUNCTION patients_refuse_merged()
-- ;;
DROP FUNCTION patients_merge_is_written()
-- ;;
DROP FUNCTION patients_merge_guard()
