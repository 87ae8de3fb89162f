DROP TRIGGER part_is_settled ON billing_settlementpart
-- ;;
DROP TRIGGER settlement_is_its_parts ON billing_gatewaysettlement
-- ;;
DROP FUNCTION billing_settlement_adds_up()
