DROP TRIGGER consent_form_stands ON patients_consentform
-- ;;
DROP TRIGGER consent_form_whole ON patients_consentform
-- ;;
ALTER TABLE patients_consentform DROP CONSTRAINT consent_form_sha256
-- ;;
DROP TRIGGER consent_is_to_a_text ON patients_patientconsent
-- ;;
ALTER TABLE patients_patientconsent DROP CONSTRAINT consent_signature
-- ;;
DROP TRIGGER revocation_of_agreement ON patients_consentrevocation
-- ;;
ALTER TABLE patients_consentrevocation DROP CONSTRAINT revocation_reason
-- ;;
DROP FUNCTION patients_consent_form_stands()
-- ;;
DROP FUNCTION patients_consent_is_to_a_text()
-- ;;
DROP FUNCTION patients_revocation_of_agreement()
