from django.urls import URLPattern, URLResolver, path

from apps.ledger.views import accounts, checks, journal

app_name = "ledger"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ledger/", journal.entries, name="entries"),
    path("ledger/entries/<uuid:pk>/", journal.entry, name="entry"),
    path("ledger/check/", checks.check, name="check"),
    path("ledger/check/request/", checks.ask, name="ask_check"),
    path("ledger/check/<uuid:pk>/", checks.earlier_check, name="earlier_check"),
    path("ledger/trial-balance/", accounts.trial_balance, name="trial_balance"),
    path("ledger/trial-balance.csv", accounts.trial_balance_csv, name="trial_balance_csv"),
    path("ledger/accounts/<uuid:pk>/", accounts.account, name="account"),
    path("ledger/accounts/<uuid:pk>/lines.csv", accounts.account_csv, name="account_csv"),
    path("ledger/accounts/<uuid:pk>/name/", accounts.rename, name="rename_account"),
]
