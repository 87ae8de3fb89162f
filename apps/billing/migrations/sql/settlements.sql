-- At COMMIT: a settlement is what its parts are, and each part is the whole of a payment or refund by a link.
CREATE FUNCTION billing_settlement_adds_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    checked uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    odd int;
BEGIN
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I s
                     WHERE s.id = $1 AND s.gross IS DISTINCT FROM (SELECT sum(amount) FROM %1$I.%3$I WHERE settlement_id = $1)',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2]) INTO odd USING checked;
    IF odd > 0 THEN
        RAISE EXCEPTION 'a settlement is what its parts are' USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_is_its_parts';
    END IF;
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I part
                      LEFT JOIN %1$I.%3$I p ON p.id = part.payment_id LEFT JOIN %1$I.%4$I r ON r.id = part.refund_id
                     WHERE part.settlement_id = $1
                       AND (part.amount <> coalesce(p.amount, -r.amount) OR coalesce(p.method, r.method) <> ''link''
                            OR (p.id IS NOT NULL AND p.captured_at IS NULL))',
                   TG_TABLE_SCHEMA, TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]) INTO odd USING checked;
    IF odd > 0 THEN
        RAISE EXCEPTION 'what is settled came by a link' USING ERRCODE = 'check_violation', CONSTRAINT = 'settled_came_by_a_link';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER settlement_is_its_parts AFTER INSERT ON billing_gatewaysettlement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_settlement_adds_up('id', 'billing_gatewaysettlement', 'billing_settlementpart', 'billing_payment', 'billing_refund')
-- ;;
CREATE CONSTRAINT TRIGGER part_is_settled AFTER INSERT ON billing_settlementpart DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_settlement_adds_up('settlement_id', 'billing_gatewaysettlement', 'billing_settlementpart', 'billing_payment', 'billing_refund')
-- ;;
ALTER TABLE billing_gatewaysettlement ENABLE ALWAYS TRIGGER settlement_is_its_parts
-- ;;
ALTER TABLE billing_settlementpart ENABLE ALWAYS TRIGGER part_is_settled
