-- What is new goes to the record in use (patients/migrations/sql/merging.sql).
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_appointment
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_overriderequest
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_overriderequest ENABLE ALWAYS TRIGGER not_for_merged
