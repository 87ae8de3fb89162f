DROP TRIGGER IF EXISTS keep_an_admin ON accounts_user
-- ;;
DROP TRIGGER IF EXISTS keep_an_admin ON accounts_roleholder
-- ;;
DROP FUNCTION IF EXISTS accounts_keep_an_admin()
-- ;;
DROP TRIGGER IF EXISTS keep_system_roles_whole ON accounts_role
-- ;;
DROP TRIGGER IF EXISTS keep_system_roles ON accounts_role
-- ;;
DROP FUNCTION IF EXISTS accounts_keep_system_roles()
