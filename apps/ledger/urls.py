from django.urls import URLPattern, URLResolver, path

from apps.ledger.views import accounts, checks, closing, general_ledger, journal, lines, trial_balance

app_name = "ledger"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ledger/", journal.entries, name="entries"),
    path("ledger/entries/<uuid:pk>/", journal.entry, name="entry"),
    path("ledger/lines/", lines.lines, name="lines"),
    path("ledger/check/", checks.check, name="check"),
    path("ledger/check/request/", checks.ask, name="ask_check"),
    path("ledger/check/<uuid:pk>/", checks.earlier_check, name="earlier_check"),
    path("ledger/closing/", closing.closing, name="closing"),
    path("ledger/closing/closed/", closing.close, name="close_books"),
    path("ledger/closing/reopening/", closing.ask, name="ask_to_reopen"),
    path("ledger/closing/reopening/<uuid:pk>/approval/", closing.approve, name="approve_reopening"),
    path("ledger/closing/reopening/<uuid:pk>/refusal/", closing.refuse, name="refuse_reopening"),
    path("ledger/general/", general_ledger.general_ledger, name="general_ledger"),
    path("ledger/general.csv", general_ledger.general_ledger_csv, name="general_ledger_csv"),
    path("ledger/general.pdf", general_ledger.general_ledger_pdf, name="general_ledger_pdf"),
    path("ledger/trial-balance/", trial_balance.trial_balance, name="trial_balance"),
    path("ledger/trial-balance.csv", trial_balance.trial_balance_csv, name="trial_balance_csv"),
    path("ledger/trial-balance.pdf", trial_balance.trial_balance_pdf, name="trial_balance_pdf"),
    path("ledger/accounts/<uuid:pk>/", accounts.account, name="account"),
    path("ledger/accounts/<uuid:pk>/lines.csv", accounts.account_csv, name="account_csv"),
    path("ledger/accounts/<uuid:pk>/lines.pdf", accounts.account_pdf, name="account_pdf"),
    path("ledger/accounts/<uuid:pk>/name/", accounts.rename, name="rename_account"),
]
