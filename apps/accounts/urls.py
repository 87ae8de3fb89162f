from django.urls import path

from apps.accounts import sign_in
from apps.accounts.views import me, roles, staff

app_name = "accounts"
urlpatterns = [
    path("", me.start, name="start"),
    # allauth's pages under the names of this house: see sign_in.py.
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("me/password/", sign_in.change_password, name="password_change"),
    path("me/", me.me, name="me"),
    path("me/presence/", me.presence, name="presence"),
    path("me/sessions/end/", me.end_sessions, name="end_sessions"),
    path("invitation/<str:token>/", staff.join, name="join"),
    path("staff/", staff.staff_list, name="staff_list"),
    path("staff/invitation/", staff.invite, name="invite"),
    path("staff/<uuid:pk>/", staff.member, name="member"),
    path("staff/<uuid:pk>/invitation/", staff.invite_again, name="invite_again"),
    path("staff/<uuid:pk>/deactivation/", staff.deactivation, name="deactivation"),
    path("staff/<uuid:pk>/reactivation/", staff.reactivation, name="reactivation"),
    path("staff/sign-ins/", staff.sign_in_list, name="sign_ins"),
    path("staff/roles/", roles.role_list, name="roles"),
    path("staff/roles/new/", roles.new_role, name="new_role"),
    path("staff/roles/<slug:code>/", roles.role, name="role"),
    path("staff/roles/<slug:code>/deletion/", roles.deletion, name="role_deletion"),
]
