-- What roles.py refuses kindly, refused for good. Tables are found by TG_TABLE_SCHEMA: the same body serves every clinic.

-- A system role keeps its code and name and stays: permissions.py of every app counts on it.
CREATE OR REPLACE FUNCTION accounts_keep_system_roles() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the role % comes with the house: it is neither renamed nor deleted', OLD.code USING ERRCODE = '23001';
END $$
-- ;;
CREATE TRIGGER keep_system_roles BEFORE UPDATE OF code, name, is_system, group_id ON accounts_role
FOR EACH ROW WHEN (OLD.is_system AND (OLD.code, OLD.name, OLD.is_system, OLD.group_id)
                   IS DISTINCT FROM (NEW.code, NEW.name, NEW.is_system, NEW.group_id))
EXECUTE FUNCTION accounts_keep_system_roles()
-- ;;
CREATE TRIGGER keep_system_roles_whole BEFORE DELETE ON accounts_role
FOR EACH ROW WHEN (OLD.is_system) EXECUTE FUNCTION accounts_keep_system_roles()
-- ;;
-- At COMMIT somebody who may sign in must be clinic admin, if anybody was before. The role's row is locked, so that two
-- admins who remove each other at the same moment are judged one after the other.
CREATE OR REPLACE FUNCTION accounts_keep_an_admin() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE admins integer; admin_group integer; left_one uuid;
BEGIN
    left_one := (to_jsonb(OLD) ->> CASE TG_ARGV[0] WHEN 'holder' THEN 'user_id' ELSE 'id' END)::uuid;
    EXECUTE format('SELECT group_id FROM %I.accounts_role WHERE code = ''clinic_admin'' FOR UPDATE', TG_TABLE_SCHEMA)
       INTO admin_group;
    IF admin_group IS NULL THEN RETURN NULL; END IF;
    IF TG_ARGV[0] = 'holder' AND (to_jsonb(OLD) ->> 'group_id')::integer <> admin_group THEN RETURN NULL; END IF;
    IF TG_ARGV[0] = 'person' THEN
        EXECUTE format('SELECT count(*) FROM %I.accounts_roleholder WHERE user_id = $1 AND group_id = $2', TG_TABLE_SCHEMA)
           INTO admins USING left_one, admin_group;
        IF admins = 0 THEN RETURN NULL; END IF;
    END IF;
    EXECUTE format('SELECT count(*) FROM %1$I.accounts_roleholder h JOIN %1$I.accounts_user u ON u.id = h.user_id
                     WHERE h.group_id = $1 AND u.is_active', TG_TABLE_SCHEMA)
       INTO admins USING admin_group;
    IF admins = 0 THEN
        RAISE EXCEPTION 'the clinic would be left without a clinic admin' USING ERRCODE = '23001';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER keep_an_admin AFTER DELETE OR UPDATE OF user_id, group_id ON accounts_roleholder
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_keep_an_admin('holder')
-- ;;
CREATE CONSTRAINT TRIGGER keep_an_admin AFTER UPDATE OF is_active ON accounts_user
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
EXECUTE FUNCTION accounts_keep_an_admin('person')
