DROP TRIGGER not_for_merged ON scheduling_overriderequest
-- ;;
DROP TRIGGER not_for_merged ON scheduling_appointment
