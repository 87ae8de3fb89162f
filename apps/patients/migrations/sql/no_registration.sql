ALTER TABLE patients_patient DROP CONSTRAINT patient_given_name, DROP CONSTRAINT patient_blocked_for_a_reason,
    DROP CONSTRAINT patient_deactivated_for_a_reason, DROP CONSTRAINT patient_estimates_something
