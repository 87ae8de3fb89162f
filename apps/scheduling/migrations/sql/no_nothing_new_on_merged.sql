DROP TRIGGER not_for_merged ON patients_detailsconfirmation
-- ;;
DROP TRIGGER not_for_merged ON patients_idcard
-- ;;
DROP TRIGGER not_for_merged ON scheduling_contactwish
-- ;;
DROP TRIGGER not_for_merged ON scheduling_appointmentseries
-- ;;
DROP TRIGGER not_for_merged ON scheduling_waitlistentry
