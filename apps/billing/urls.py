from django.urls import URLPattern, URLResolver, path

from apps.billing.views import accounts, check_in, discount_limits, invoices, papers, payments, work_queue

app_name = "billing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("billing/", work_queue.work_queue, name="work_queue"),
    path("billing/invoices/<uuid:pk>/", invoices.invoice, name="invoice"),
    path("billing/invoices/<uuid:pk>/lines/", invoices.add_line, name="add_line"),
    path("billing/invoices/<uuid:pk>/lines/<uuid:line_pk>/", invoices.change_line, name="change_line"),
    path("billing/invoices/<uuid:pk>/lines/<uuid:line_pk>/removal/", invoices.remove_line, name="remove_line"),
    path("billing/invoices/<uuid:pk>/discount/", invoices.discount, name="discount"),
    path("billing/invoices/<uuid:pk>/issue/", invoices.issue, name="issue"),
    path("billing/invoices/<uuid:pk>/payment/", payments.pay_invoice, name="pay_invoice"),
    path("billing/invoices/<uuid:pk>/credit/", invoices.use_credit, name="use_credit"),
    path("billing/invoices/<uuid:pk>/void/", invoices.void, name="void"),
    path("billing/invoices/<uuid:pk>/pdf/", papers.invoice, name="invoice_pdf"),
    path("billing/visits/<uuid:appointment_pk>/", invoices.visit, name="visit"),
    path("billing/visits/<uuid:appointment_pk>/check-in/", check_in.check_in, name="check_in"),
    path("billing/check-ins/", check_in.check_ins, name="check_ins"),
    path("billing/copays/", check_in.copays, name="copays"),
    path("billing/copays/<uuid:type_pk>/", check_in.copay, name="copay"),
    path("billing/discount-limits/", discount_limits.discount_limits, name="discount_limits"),
    path("billing/payments/<uuid:pk>/", payments.payment, name="payment"),
    path("billing/payments/<uuid:pk>/capture/", payments.capture, name="capture"),
    path("billing/payments/<uuid:pk>/failure/", payments.failure, name="failure"),
    path("billing/payments/<uuid:pk>/refund/", payments.refund, name="refund"),
    path("billing/payments/<uuid:pk>/receipt/", papers.receipt, name="receipt"),
    path("billing/patients/<uuid:patient_pk>/", accounts.account, name="account"),
    path("billing/patients/<uuid:patient_pk>/statement.csv", accounts.statement_csv, name="statement_csv"),
    path("billing/patients/<uuid:patient_pk>/statement.pdf", accounts.statement_pdf, name="statement_pdf"),
    path("billing/patients/<uuid:patient_pk>/owed/", accounts.owed, name="owed"),
    path("billing/patients/<uuid:patient_pk>/drafts/", invoices.draft, name="draft"),
    path("billing/patients/<uuid:patient_pk>/payment/", payments.pay, name="pay"),
]
