from apps.billing.models.check_in import CheckIn, Copay, WhyUnpaid
from apps.billing.models.discount import Discount, DiscountLimit
from apps.billing.models.invoice import Invoice, InvoiceLine, InvoiceStatus, InvoiceVoid
from apps.billing.models.payment import Payment, PaymentAllocation, PaymentMethod, PaymentStatus, Refund
from apps.billing.models.service import Service

__all__ = [
    "CheckIn",
    "Copay",
    "Discount",
    "DiscountLimit",
    "Invoice",
    "InvoiceLine",
    "InvoiceStatus",
    "InvoiceVoid",
    "Payment",
    "PaymentAllocation",
    "PaymentMethod",
    "PaymentStatus",
    "Refund",
    "Service",
    "WhyUnpaid",
]
