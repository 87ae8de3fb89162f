CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_waitlistentry
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_waitlistentry ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_appointmentseries
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_appointmentseries ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_contactwish
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_contactwish ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON patients_idcard
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE patients_idcard ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON patients_detailsconfirmation
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE patients_detailsconfirmation ENABLE ALWAYS TRIGGER not_for_merged
