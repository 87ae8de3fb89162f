DROP TRIGGER not_for_merged ON patients_document
-- ;;
