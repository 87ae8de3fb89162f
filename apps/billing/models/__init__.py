from apps.billing.models.check_in import CheckIn, Copay, WhyUnpaid
from apps.billing.models.correction import Correction
from apps.billing.models.credit_note import CreditNote, CreditNoteLine
from apps.billing.models.discount import Discount, DiscountLimit
from apps.billing.models.drawer import Drawer, DrawerCount, DrawerMovement, DrawerSession
from apps.billing.models.gateway import GatewayEvent, LinkEnding, PaymentGateway, PaymentLink, SeenTo
from apps.billing.models.gateway_refund import GatewayRefund
from apps.billing.models.invoice import Invoice, InvoiceStatus
from apps.billing.models.invoice_line import InvoiceLine
from apps.billing.models.invoice_void import InvoiceVoid
from apps.billing.models.payment import (
    AT_THE_DESK,
    COUNTED,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    PaymentStatus,
    Refund,
)
from apps.billing.models.pricing import InvoicePriceList, PackagePart, PatientPriceList, Price, PriceList
from apps.billing.models.service import Service
from apps.billing.models.settings import BillingSettings
from apps.billing.models.settlement import GatewaySettlement, SettlementPart
from apps.billing.models.tax import InvoiceLineTax, Tax, TaxScope
from apps.billing.models.visit_price import VisitPrice
from apps.billing.models.write_off import WriteOff

__all__ = [
    "AT_THE_DESK",
    "COUNTED",
    "BillingSettings",
    "CheckIn",
    "Copay",
    "Correction",
    "CreditNote",
    "CreditNoteLine",
    "Discount",
    "DiscountLimit",
    "Drawer",
    "DrawerCount",
    "DrawerMovement",
    "DrawerSession",
    "GatewayEvent",
    "GatewayRefund",
    "GatewaySettlement",
    "Invoice",
    "InvoiceLine",
    "InvoiceLineTax",
    "InvoicePriceList",
    "InvoiceStatus",
    "InvoiceVoid",
    "LinkEnding",
    "PackagePart",
    "PatientPriceList",
    "Payment",
    "PaymentAllocation",
    "PaymentGateway",
    "PaymentLink",
    "PaymentMethod",
    "PaymentStatus",
    "Price",
    "PriceList",
    "Refund",
    "SeenTo",
    "Service",
    "SettlementPart",
    "Tax",
    "TaxScope",
    "VisitPrice",
    "WhyUnpaid",
    "WriteOff",
]
