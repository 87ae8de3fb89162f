-- Sealed columns that must not be empty: Django's own constraints would compare ciphertext.
ALTER TABLE patients_patient
    ADD CONSTRAINT patient_given_name CHECK (octet_length(given_name) > 0),
    ADD CONSTRAINT patient_blocked_for_a_reason CHECK (NOT is_blocked OR octet_length(blocked_reason) > 0),
    ADD CONSTRAINT patient_deactivated_for_a_reason CHECK (is_active OR octet_length(deactivated_reason) > 0),
    ADD CONSTRAINT patient_estimates_something CHECK (NOT birth_date_estimated OR birth_date IS NOT NULL)
