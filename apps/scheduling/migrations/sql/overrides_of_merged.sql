CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_overriderequest
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_overriderequest ENABLE ALWAYS TRIGGER not_for_merged
