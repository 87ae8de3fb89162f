DROP TRIGGER entry_is_kept ON patients_allergy
-- ;;
DROP TRIGGER entry_has_history ON patients_allergy
-- ;;
DROP TRIGGER entry_whole ON patients_allergy
-- ;;
DROP TRIGGER entry_is_kept ON patients_condition
-- ;;
DROP TRIGGER entry_has_history ON patients_condition
-- ;;
DROP TRIGGER entry_whole ON patients_condition
-- ;;
DROP TRIGGER entry_is_kept ON patients_medication
-- ;;
DROP TRIGGER entry_has_history ON patients_medication
-- ;;
DROP TRIGGER entry_whole ON patients_medication
-- ;;
DROP TRIGGER entry_is_kept ON patients_patientflag
-- ;;
DROP TRIGGER entry_has_history ON patients_patientflag
-- ;;
DROP TRIGGER entry_whole ON patients_patientflag
-- ;;
DROP TRIGGER entry_is_kept ON patients_coverage
-- ;;
DROP TRIGGER entry_has_history ON patients_coverage
-- ;;
DROP TRIGGER entry_whole ON patients_coverage
-- ;;
DROP TRIGGER allergies_agree ON patients_allergy
-- ;;
DROP TRIGGER allergies_agree ON patients_allergyreview
-- ;;
DROP FUNCTION patients_entry_is_kept()
-- ;;
DROP FUNCTION patients_entry_has_history()
-- ;;
DROP FUNCTION patients_entry_whole()
-- ;;
DROP FUNCTION patients_allergies_agree()
-- ;;
ALTER TABLE patients_allergy DROP CONSTRAINT allergy_substance
-- ;;
ALTER TABLE patients_condition DROP CONSTRAINT condition_name, DROP CONSTRAINT condition_code_and_system
-- ;;
ALTER TABLE patients_medication DROP CONSTRAINT medication_name
-- ;;
ALTER TABLE patients_patientflag DROP CONSTRAINT flag_of_other_kind_says_what
-- ;;
ALTER TABLE patients_coverage DROP CONSTRAINT coverage_payer
-- ;;
ALTER TABLE patients_recordchange DROP CONSTRAINT record_change_reason
