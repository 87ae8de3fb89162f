DROP TRIGGER offer_rooms ON scheduling_waitlistoffer
-- ;;
DROP FUNCTION scheduling_offer_rooms()
-- ;;
DROP TRIGGER resource_offered ON scheduling_resourceuse
-- ;;
DROP FUNCTION scheduling_resource_offered()
