-- What is new goes to the record in use (patients/migrations/sql/merging.sql); the invoice of a visit stays with the visit.
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient', 'scheduling_appointment', 'appointment_id')
-- ;;
ALTER TABLE billing_invoice ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE billing_payment ENABLE ALWAYS TRIGGER not_for_merged
