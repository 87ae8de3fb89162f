"""The addresses of signing in and out. allauth finds them by its own names; ours are in urls.py."""

from allauth.account import views
from django.urls import path, re_path

from apps.accounts.access import open_to_all, signed_in

sign_in = open_to_all(views.LoginView.as_view())
sign_out = open_to_all(views.LogoutView.as_view())
inactive = open_to_all(views.AccountInactiveView.as_view())
change_password = signed_in(views.password_change)
reset = open_to_all(views.PasswordResetView.as_view())
reset_sent = open_to_all(views.PasswordResetDoneView.as_view())
new_password = open_to_all(views.PasswordResetFromKeyView.as_view())
new_password_chosen = open_to_all(views.PasswordResetFromKeyDoneView.as_view())

urlpatterns = [
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", sign_out, name="account_logout"),
    path("sign-in/closed/", inactive, name="account_inactive"),
    path("me/password/", change_password, name="account_change_password"),
    path("password/reset/", reset, name="account_reset_password"),
    path("password/reset/sent/", reset_sent, name="account_reset_password_done"),
    path("password/reset/chosen/", new_password_chosen, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", new_password, name="account_reset_password_from_key"
    ),
]
