-- A series is one patient's, whoever writes. Deferred, so that both can be moved in one transaction.
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_series_of_same_patient
    FOREIGN KEY (series_id, patient_id) REFERENCES scheduling_appointmentseries (id, patient_id) DEFERRABLE INITIALLY DEFERRED
