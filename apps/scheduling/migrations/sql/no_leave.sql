DROP TRIGGER leave_request_moves ON scheduling_leaverequest
-- ;;
DROP FUNCTION scheduling_leave_request_moves()
