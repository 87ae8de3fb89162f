DROP TRIGGER token_counter ON scheduling_tokencounter
-- ;;
DROP FUNCTION scheduling_token_counter()
-- ;;
DROP TRIGGER queue_agrees ON scheduling_appointment
-- ;;
DROP TRIGGER queue_agrees ON scheduling_queueticket
-- ;;
DROP FUNCTION scheduling_queue_agrees()
-- ;;
DROP TRIGGER queue_ticket_moves ON scheduling_queueticket
-- ;;
DROP FUNCTION scheduling_queue_ticket_moves()
