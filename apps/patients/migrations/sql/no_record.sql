DO $$
DECLARE entries text;
BEGIN
    FOREACH entries IN ARRAY ARRAY['patients_allergy', 'patients_condition', 'patients_medication', 'patients_patientflag', 'patients_coverage'] LOOP
        EXECUTE format('DROP TRIGGER entry_is_kept ON %I', entries);
        EXECUTE format('DROP TRIGGER entry_has_history ON %I', entries);
        EXECUTE format('DROP TRIGGER entry_whole ON %I', entries);
    END LOOP;
END $$
-- ;;
DROP TRIGGER allergies_agree ON patients_allergy
-- ;;
DROP TRIGGER allergies_agree ON patients_allergyreview
-- ;;
DROP FUNCTION patients_entry_is_kept()
-- ;;
DROP FUNCTION patients_entry_has_history()
-- ;;
DROP FUNCTION patients_never()
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
