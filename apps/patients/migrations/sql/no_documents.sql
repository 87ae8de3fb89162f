DROP TRIGGER document_keeps ON patients_document
-- ;;
DROP TRIGGER document_stays ON patients_document
-- ;;
DROP TRIGGER document_stays_whole ON patients_document
-- ;;
ALTER TABLE patients_document DROP CONSTRAINT document_title, DROP CONSTRAINT document_error_for_a_reason
-- ;;
DROP TRIGGER document_version_guard ON patients_documentversion
-- ;;
DROP TRIGGER document_version_keeps ON patients_documentversion
-- ;;
DROP TRIGGER document_version_stays ON patients_documentversion
-- ;;
DROP TRIGGER document_version_stays_whole ON patients_documentversion
-- ;;
ALTER TABLE patients_documentversion DROP CONSTRAINT document_version_sealed
-- ;;
DROP TRIGGER document_share_guard ON patients_documentshare
-- ;;
DROP TRIGGER document_share_keeps ON patients_documentshare
-- ;;
DROP TRIGGER document_share_stays ON patients_documentshare
-- ;;
ALTER TABLE patients_documentshare DROP CONSTRAINT document_share_secrets
-- ;;
DROP FUNCTION patients_document_share_guard()
-- ;;
DROP FUNCTION patients_document_version_guard()
-- ;;
DROP FUNCTION patients_keep_written()
