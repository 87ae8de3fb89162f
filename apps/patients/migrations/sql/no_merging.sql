DROP TRIGGER not_for_merged ON patients_document
-- ;;
DROP TRIGGER not_for_merged ON patients_patientconsent
-- ;;
DROP TRIGGER not_for_merged ON patients_coverage
-- ;;
DROP TRIGGER not_for_merged ON patients_patientflag
-- ;;
DROP TRIGGER not_for_merged ON patients_medication
-- ;;
DROP TRIGGER not_for_merged ON patients_condition
-- ;;
DROP TRIGGER not_for_merged ON patients_allergy
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
