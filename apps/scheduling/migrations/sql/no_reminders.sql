DROP TRIGGER reminders_withdrawn ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_reminders_withdrawn()
-- ;;
DROP TRIGGER reminder_stays ON scheduling_reminder
-- ;;
DROP FUNCTION scheduling_reminder_stays()
